import { type EventRecord, type FieldName, catalogue } from '../events/index.ts'

/** Every field that any event has, in one order: a table of all events has a column for each. */
const fields: readonly FieldName[] = [
  ...new Set(Object.values(catalogue).flatMap((definition): readonly FieldName[] => definition.fields)),
].sort()
const own = ['seq', 'time', 'gateway', 'boot', 'id', 'severity', 'category', 'text'] as const

/** Spreadsheets that are not told take a file without it for the encoding of their country. */
export const BYTE_ORDER_MARK = '\uFEFF'

/** The first line (RFC 4180, 2.3). */
export const csvHeader = (): string => `${[...own, ...fields].join(',')}\r\n`

/** One event as one line (RFC 4180). */
export function csvLine(record: EventRecord): string {
  const values = [...own.map((name) => record[name]), ...fields.map((name) => record.fields[name] ?? '')]
  return `${values.map(cell).join(',')}\r\n`
}

/**
 * A cell. What a spreadsheet would take for a formula gets an apostrophe before it: names and reasons come from outside, and an export
 * is opened by those who look for their authors.
 */
function cell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
