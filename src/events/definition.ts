import type { FieldName } from './fields.ts'

/** Syslog severities (RFC 5424, table 2). */
export type Severity = 1 | 2 | 3 | 4 | 5 | 6 | 7
/** The categories of IEC 62443-4-2 CR 2.8, and `operation` for what was done to a breaker. */
export const categories = [
  'access-control',
  'request-error',
  'control-system',
  'backup-restore',
  'configuration-change',
  'audit-log',
  'operation',
] as const
export type Category = (typeof categories)[number]

export type Definition = {
  /** For CEF; like the id never reused or changed once released. */
  readonly classId: number
  readonly severity: Severity
  /** Instead of `severity` when the field `class` is control or protection-setting. */
  readonly graver: Severity
  readonly category: Category
  readonly text: string
  readonly fields: readonly FieldName[]
}

/** One line of the catalogue. */
export function d<const F extends readonly FieldName[]>(
  classId: number,
  severity: Severity,
  category: Category,
  text: string,
  fields: F,
  graver: Severity = severity,
): { classId: number; severity: Severity; graver: Severity; category: Category; text: string; fields: F } {
  return { classId, severity, graver, category, text, fields }
}
