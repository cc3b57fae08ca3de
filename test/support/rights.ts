import type { OperationClass } from '../../src/breakers/index.ts'
import { type AccessLevel, type AccessLevels, type RoleRights, usualManagement } from '../../src/policy/index.ts'

/** Rights for every breaker, out of what each role may ask for. */
export const rightsOf = (table: Readonly<Record<string, readonly OperationClass[]>>): Map<string, RoleRights> =>
  new Map(
    Object.entries(table).map(([role, classes]) => [
      role,
      { classes: new Set(classes), grant: new Set(), breakers: 'all', manage: new Set(usualManagement[role] ?? []) },
    ]),
  )

/** The roles of the tests' site. */
export const usualRights = rightsOf({
  Operator: ['monitor', 'control'],
  Engineer: ['monitor', 'protection-setting', 'other-setting', 'clock'],
  Viewer: ['monitor'],
})

/** One level for all breakers. */
export const everywhere = (level: AccessLevel): AccessLevels => ({ usual: level, of: new Map(), limit: { kind: 'none' } })
