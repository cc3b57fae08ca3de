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
  'operation-would-deny': r(408, 5, 'operation', 'observe mode'),
  'tag-hung': r(430, 5, 'operation', 'tags'),
  'tag-removed': r(431, 5, 'operation', 'tags'),
  'tag-removed-by-other': r(432, 2, 'operation', 'tags'),
  'master-lock-on': r(433, 4, 'operation', 'the master lock'),
  'master-lock-off': r(434, 4, 'operation', 'the master lock'),
  'key-switch-on': r(435, 4, 'operation', 'the key switch'),
  'key-switch-off': r(436, 4, 'operation', 'the key switch'),
  'grant-requested': r(440, 5, 'operation', 'grants'),
  'grant-approved': r(441, 4, 'operation', 'grants'),
  'grant-refused': r(442, 5, 'operation', 'grants'),
  'grant-used': r(443, 4, 'operation', 'grants'),
  'grant-expired': r(444, 6, 'operation', 'grants'),
  'grant-revoked': r(445, 4, 'operation', 'grants'),
  'emergency-open': r(446, 1, 'operation', 'emergency open'),
  'backup-created': r(501, 5, 'backup-restore', 'backup'),
  'backup-restored': r(502, 2, 'backup-restore', 'backup'),
  'factory-reset': r(503, 1, 'backup-restore', 'factory reset'),
  'update-verified': r(510, 5, 'configuration-change', 'updates'),
  'update-installed': r(511, 4, 'configuration-change', 'updates'),
  'update-rejected': r(512, 2, 'configuration-change', 'updates'),
  'rolled-back': r(513, 2, 'configuration-change', 'updates'),
} as const satisfies Record<string, Reserved>
