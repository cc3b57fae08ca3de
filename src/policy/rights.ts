import type { OperationClass } from '../breakers/index.ts'

/** What can be done with the gateway itself, over the API, its command line and its pages. */
export const managementActions = [
  'look',
  'events',
  'lock',
  'unlock',
  'tag',
  'remove-tag',
  'master-lock',
  'ask-grant',
  'approve-grant',
  'emergency-open',
  'capture',
  'vault',
  'configuration',
  'users',
] as const
export type ManagementAction = (typeof managementActions)[number]

/** What one role may do, all of it data of the site (MB-TCP-Security-v36, R-24 to R-29: no role is built in unchangeably). */
export type RoleRights = {
  /** Classes of operation that it may ask a breaker for. */
  readonly classes: ReadonlySet<OperationClass>
  /** Those of them that each need a grant, approved by a second person. */
  readonly grant: ReadonlySet<OperationClass>
  /** The breakers that all its rights are for. */
  readonly breakers: ReadonlySet<string> | 'all'
  readonly manage: ReadonlySet<ManagementAction>
}
/** A role that is not here has no rights. */
export type Rights = ReadonlyMap<string, RoleRights>

/** What the six usual roles may do with the gateway where a site says nothing else. */
export const usualManagement: Readonly<Record<string, readonly ManagementAction[]>> = {
  SecurityAdmin: ['look', 'events', 'lock', 'remove-tag', 'master-lock', 'vault', 'configuration', 'users'],
  Engineer: ['look', 'events', 'lock', 'ask-grant', 'capture', 'vault'],
  Operator: ['look', 'events', 'lock', 'ask-grant'],
  FieldTech: ['look', 'events', 'lock', 'unlock', 'tag', 'master-lock', 'approve-grant'],
  Auditor: ['look', 'events'],
  Viewer: ['look'],
}

const administers: readonly ManagementAction[] = ['users', 'configuration']
const operates: readonly OperationClass[] = ['control', 'protection-setting', 'other-setting', 'clock', 'password', 'diagnostic']

const using: readonly ManagementAction[] = ['unlock', 'emergency-open', 'approve-grant']

/** Who gives rights does not use them: what of a role breaks that, or `kept` (S-04, CR 2.1). */
export function separationOfDuties({ classes, manage }: RoleRights): string {
  const first = administers.find((action) => manage.has(action))
  const second = using.find((action) => manage.has(action)) ?? operates.find((one) => classes.has(one))
  return first === undefined || second === undefined ? 'kept' : `administers (${first}) and operates (${second})`
}

const of = (rights: Rights, role: string, breaker: string): RoleRights | undefined => {
  const found = rights.get(role)
  return found !== undefined && (breaker === '' || found.breakers === 'all' || found.breakers.has(breaker)) ? found : undefined
}

/** May the role ask this breaker for this class of operation? `breaker` is empty for the gateway's own unit. */
export const mayAsk = (rights: Rights, role: string, asked: OperationClass, breaker: string): boolean =>
  of(rights, role, breaker)?.classes.has(asked) === true

/** May the role do this with the gateway, or with its handling of one breaker? `breaker` is empty where there is none. */
export const mayManage = (rights: Rights, role: string, action: ManagementAction, breaker: string): boolean =>
  of(rights, role, breaker)?.manage.has(action) === true

/** Whether a site has a role: names are compared letter by letter, since the whole string is the role (MB-TCP-Security-v36, R-21). */
export type RoleStanding =
  { readonly kind: 'known' } | { readonly kind: 'differs-in-case'; readonly from: string } | { readonly kind: 'unknown' }

export function standingOfRole(rights: Rights, role: string): RoleStanding {
  if (rights.has(role)) return { kind: 'known' }
  const alike = [...rights.keys()].find((known) => known.toLowerCase() === role.toLowerCase())
  return alike === undefined ? { kind: 'unknown' } : { kind: 'differs-in-case', from: alike }
}

/** Why a role has no rights, for people: a name in another case is the usual mistake of whoever issues certificates. */
export function describeUnknownRole(role: string, standing: Exclude<RoleStanding, { readonly kind: 'known' }>): string {
  const unknown = `this site has no role "${role}"`
  return standing.kind === 'unknown' ? unknown : `${unknown}: it differs only in case from "${standing.from}"`
}
/** May the role ask any breaker for anything but reading? */
export const mayOperate = (rights: Rights, role: string): boolean =>
  [...(rights.get(role)?.classes ?? [])].some((asked) => asked !== 'monitor')

/** Two equal texts are equal rights: what a change of configuration has changed is seen by it. */
export function describeRights(rights: Rights, role: string): string {
  const found = rights.get(role)
  if (found === undefined) return 'none'
  const { classes, grant, breakers, manage } = found
  return JSON.stringify([[...classes].sort(), [...grant].sort(), breakers === 'all' ? 'all' : [...breakers].sort(), [...manage].sort()])
}
