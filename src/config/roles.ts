import { type RoleRights, usualManagement } from '../policy/index.ts'
import type { SiteFile } from './schema.ts'

type Named = { readonly name: string; readonly group?: string | undefined }

/** The rights of one role: names and groups of breakers become names; what it may do with the gateway is the usual when nothing is said. */
export function toRights(role: string, told: SiteFile['roles'][string], breakers: readonly Named[]): RoleRights {
  const { may, grant, breakers: only, manage } = told
  return {
    classes: new Set(may),
    grant: new Set(grant),
    breakers:
      only === undefined
        ? 'all'
        : new Set(
            breakers
              .filter(({ name, group }) => only.includes(name) || (group !== undefined && only.includes(group)))
              .map(({ name }) => name),
          ),
    manage: new Set(manage ?? usualManagement[role] ?? []),
  }
}
