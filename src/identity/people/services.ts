import { createHash } from 'node:crypto'
import { background, isoUs } from '../../platform/index.ts'
import { managementActions } from '../../policy/index.ts'
import { type By, type Context, type Done, type Refused, change, refused, wallMs } from './context.ts'
import { type Service, nameIsFine, sameName } from './user.ts'

/** A script never manages users and never unlocks: that takes a person. */
const serviceActions = managementActions.filter((action) => action !== 'users' && action !== 'unlock' && action !== 'configuration')
const PREFIX = 'bws_'
const DAY_MS = 24 * 60 * 60_000
const LONGEST_TOKEN_DAYS = 400
const MAX_SERVICES = 100
const KEEP_USED_MS = 60 * 60_000

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Accounts for scripts: each has a token of 256 bits that is shown once, for some actions, until an end (CR 1.14). */
export function createServices(context: Context) {
  const { store, random } = context
  const list = (): readonly Service[] => store.people().services

  async function createNow(
    name: string,
    scope: readonly string[],
    enrols: string,
    days: number,
    by: By,
  ): Promise<Refused | { readonly kind: 'token'; readonly token: string }> {
    if (!nameIsFine(name))
      return refused(`"${name}" cannot be the name of a script`, '2 to 32 letters, digits, dots, - and _, a letter first')
    if (list().some((one) => sameName(one.name, name)) || store.user(name) !== undefined)
      return refused(`"${name}" is there already`, 'take another name')
    const unknown = scope.find((action) => !(serviceActions as readonly string[]).includes(action))
    if (unknown !== undefined) return refused(`a script cannot be given "${unknown}"`, `it can be given ${serviceActions.join(', ')}`)
    if (scope.length === 0 && enrols === '')
      return refused('a token for nothing is of no use', `--may ${serviceActions.slice(0, 2).join(' ')}`)
    if (!Number.isInteger(days) || days < 1 || days > LONGEST_TOKEN_DAYS)
      return refused(`"${days}" is not a number of days`, `1 to ${LONGEST_TOKEN_DAYS}`)
    if (list().length >= MAX_SERVICES) return refused(`${MAX_SERVICES} scripts have tokens already`, 'take one away first')
    const token = `${PREFIX}${Buffer.from(random.bytes(32)).toString('base64url')}`
    const nowMs = wallMs(context)
    const untilMs = nowMs + days * DAY_MS
    const made: Service = {
      id: random.uuid(),
      name,
      scope,
      enrols,
      untilMs,
      createdMs: nowMs,
      createdBy: by.name,
      lastUsedMs: 'never',
      tokenHash: hashOf(token),
    }
    const words = [...scope, ...(enrols === '' ? [] : [`certificates of role ${enrols}`])].join(', ')
    const fields = { subject: by.name, source: by.source, user: name, reason: words, until: isoUs(untilMs * 1000) }
    const written = await change(context, 'service-created', fields, (people) => ({ ...people, services: [...people.services, made] }))
    return written.kind === 'refused' ? written : { kind: 'token', token }
  }

  async function removeNow(name: string, by: By): Promise<Refused | Done> {
    const found = list().find((one) => sameName(one.name, name))
    if (found === undefined) return refused(`there is no script "${name}"`, 'breakwall token list')
    const fields = { subject: by.name, source: by.source, user: found.name }
    return change(context, 'service-removed', fields, (people) => ({
      ...people,
      services: people.services.filter(({ id }) => id !== found.id),
    }))
  }

  /** A token that is used a thousand times a second is written down once. */
  const keeping = new Set<string>()
  function keepUsed(id: string, nowMs: number): void {
    if (keeping.has(id)) return
    keeping.add(id)
    const kept = store.rewrite((people) => ({
      ...people,
      services: people.services.map((one) => (one.id === id ? { ...one, lastUsedMs: nowMs } : one)),
    }))
    // Where the disk refuses, it is tried again a minute later, not with each use.
    background(
      kept.then((how) => {
        if (how === 'written') keeping.delete(id)
        else context.clock.after(60_000, () => keeping.delete(id))
      }),
    )
  }

  return {
    list,
    create: (...asked: Parameters<typeof createNow>) => store.inTurn(() => createNow(...asked)),
    remove: (name: string, by: By) => store.inTurn(() => removeNow(name, by)),

    /** The script of a token that holds now; `none` for every other text. */
    use(token: string): Service | 'none' {
      if (!token.startsWith(PREFIX)) return 'none'
      const hash = hashOf(token)
      const nowMs = wallMs(context)
      const found = list().find(({ tokenHash, untilMs }) => tokenHash === hash && nowMs < untilMs)
      if (found === undefined) return 'none'
      if (found.lastUsedMs === 'never' || nowMs - found.lastUsedMs > KEEP_USED_MS) keepUsed(found.id, nowMs)
      return found
    },
  }
}
export type Services = ReturnType<typeof createServices>
