import { createHash } from 'node:crypto'
import type { Monotonic, Random } from '../../platform/index.ts'
import type { PeopleSettings } from './settings.ts'

/** What a session may be used for before its user has done what policy asks. */
export type Pending = 'nothing' | 'change-password' | 'second-factor'
export type Via = 'console' | 'command-line' | 'panel'

export type Session = {
  /** For lists: it opens nothing. */
  readonly id: string
  readonly user: string
  readonly source: string
  readonly via: Via
  /** The user of this machine that a session of the command line belongs to; no other can use it. */
  readonly systemUser: string
  readonly pending: Pending
  readonly startedAt: Monotonic
  readonly lastUsedAt: Monotonic
}
export type NewSession = Pick<Session, 'user' | 'source' | 'via' | 'systemUser' | 'pending'>
export type Ended = { readonly session: Session; readonly why: string }

type Limits = Pick<PeopleSettings, 'inactivityMs' | 'sessionLifeMs' | 'sessionsPerUser' | 'sessions'>
type Held = { session: Session; readonly tokenHash: string }

/** Who is logged in. Sessions live in memory: a restart ends all of them. Their tokens are kept as hashes only. */
export interface Sessions {
  /** A session with its token, which is nowhere else; what had to end for it; or `full`. */
  open(wanted: NewSession, now: Monotonic): { readonly session: Session; readonly token: string; readonly ended: readonly Ended[] } | 'full'
  /** The session of a token, used now; `none` when there is none or its time is over. */
  use(token: string, now: Monotonic): Session | 'none'
  /** The same without using it: what a page fetches by itself keeps nobody logged in (S-22, S-23). */
  peek(token: string, now: Monotonic): Session | 'none'
  list(now: Monotonic): readonly Session[]
  /** What is left to do before it may be used for all that its user may. */
  setPending(id: string, pending: Pending): void
  end(id: string): Session | undefined
  endAllOf(user: string, but?: string): readonly Session[]
  /** Those whose time was over by now. */
  expire(now: Monotonic): readonly Ended[]
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** `limits` are asked anew each time: a reload changes them for open sessions too. */
export function createSessions(limits: () => Limits, random: Random): Sessions {
  const held = new Map<string, Held>()
  const overdue = ({ startedAt, lastUsedAt }: Session, now: Monotonic): string => {
    const { inactivityMs, sessionLifeMs } = limits()
    if (now - lastUsedAt >= inactivityMs) return 'not used for too long'
    return now - startedAt >= sessionLifeMs ? 'its longest time is over' : ''
  }
  const all = (): Session[] => [...held.values()].map(({ session }) => session)
  const remove = (id: string): Session | undefined => {
    const found = [...held.values()].find(({ session }) => session.id === id)
    if (found !== undefined) held.delete(found.tokenHash)
    return found?.session
  }
  const expire = (now: Monotonic): readonly Ended[] =>
    all().flatMap((session) => {
      const why = overdue(session, now)
      if (why === '') return []
      remove(session.id)
      return [{ session, why }]
    })

  return {
    open(wanted, now) {
      const ended = [...expire(now)]
      const own = all()
        .filter(({ user }) => user === wanted.user)
        .sort((a, b) => a.lastUsedAt - b.lastUsedAt)
      for (const session of own.slice(0, Math.max(0, own.length - limits().sessionsPerUser + 1))) {
        remove(session.id)
        ended.push({ session, why: 'its user has logged in elsewhere' })
      }
      if (held.size >= limits().sessions) return 'full'
      const token = Buffer.from(random.bytes(32)).toString('base64url')
      const session: Session = { ...wanted, id: Buffer.from(random.bytes(6)).toString('hex'), startedAt: now, lastUsedAt: now }
      const tokenHash = hashOf(token)
      held.set(tokenHash, { session, tokenHash })
      return { session, token, ended }
    },
    use(token, now) {
      const found = held.get(hashOf(token))
      if (found === undefined || overdue(found.session, now) !== '') return 'none'
      found.session = { ...found.session, lastUsedAt: now }
      return found.session
    },
    peek(token, now) {
      const found = held.get(hashOf(token))
      return found === undefined || overdue(found.session, now) !== '' ? 'none' : found.session
    },
    list: (now) => all().filter((session) => overdue(session, now) === ''),
    setPending(id, pending) {
      for (const one of held.values()) if (one.session.id === id) one.session = { ...one.session, pending }
    },
    end: remove,
    endAllOf(user, but) {
      const mine = all().filter((session) => session.user === user && session.id !== but)
      for (const { id } of mine) remove(id)
      return mine
    },
    expire,
  }
}
