import type { Category, Severity } from './definition.ts'

type Reserved = { readonly classId: number; readonly severity: Severity; readonly category: Category; readonly comesWith: string }
const r = (classId: number, severity: Severity, category: Category, comesWith: string): Reserved => ({
  classId,
  severity,
  category,
  comesWith,
})

/** Events whose id and number are set for features that are not there yet: nothing makes them, and no rule can miss them. */
export const reserved = {
  'backup-created': r(501, 5, 'backup-restore', 'backup'),
  'backup-restored': r(502, 2, 'backup-restore', 'backup'),
  'factory-reset': r(503, 1, 'backup-restore', 'factory reset'),
  'update-verified': r(510, 5, 'configuration-change', 'updates'),
  'update-installed': r(511, 4, 'configuration-change', 'updates'),
  'update-rejected': r(512, 2, 'configuration-change', 'updates'),
  'rolled-back': r(513, 2, 'configuration-change', 'updates'),
} as const satisfies Record<string, Reserved>
