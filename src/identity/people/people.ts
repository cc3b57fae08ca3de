import type { LastRecorded } from '../vault/recorded-file.ts'
import type { Cancel } from '../../platform/index.ts'
import { Accounts } from './accounts.ts'
import { type Attempts, capped, shifted } from './attempts.ts'
import type { By, Context, Done, Refused } from './context.ts'
import { Factors, type RelyingParty } from './factors.ts'
import { createHasher } from './hash.ts'
import { Login } from './login.ts'
import { changePassword, passwordDaysLeft, pinDaysLeft, setPin } from './secrets.ts'
import { type Services, createServices } from './services.ts'
import { type Session, createSessions } from './sessions.ts'
import { attemptsOf } from './stored.ts'
import { type PeopleFiles, type PeopleStore, openPeopleStore } from './store.ts'
import type { User } from './user.ts'

/** How often sessions are looked through for those whose time is over, milliseconds. */
const TICK_MS = 15_000
const REMIND_DAYS = 14
const REMIND_EVERY_MS = 24 * 60 * 60_000

/** A stored text, written anew; for the counts of wrong log-ins, which outlive a restart. */
export type Kept = { readonly text: string | undefined; write(text: string): Promise<'written' | 'unavailable'> }
export type PeoplePorts = Omit<Context, 'store' | 'sessions' | 'hasher'> & {
  readonly files: PeopleFiles
  readonly attempts: Kept
  /** The last change of the file of the people that the journal has. */
  readonly last: LastRecorded
  readonly party: () => RelyingParty | 'none'
}

/** Users, their log-ins and sessions, and scripts with tokens. */
export interface People {
  readonly state: PeopleStore['state']
  /** Whether their file is the one that the journal tells of. */
  readonly recorded: PeopleStore['recorded']
  readonly accounts: Accounts
  readonly login: Login
  readonly factors: Factors
  readonly services: Services
  /** The session of a token, with the role that its user has now; `none` when there is none. */
  use(token: string, how?: 'used' | 'unattended'): { readonly session: Session; readonly role: string } | 'none'
  sessions(): readonly Session[]
  endSession(id: string, by: By): Refused | Done
  logout(session: Session): void
  changePassword(session: Session, old: string, fresh: string): Promise<Refused | Done>
  setPin(session: Session, pin: string): Promise<Refused | Done>
  close(): void
}

export function openPeople(ports: PeoplePorts): People {
  const { files, attempts: kept, last, party, ...rest } = ports
  const { clock, random, settings, note } = rest
  const store = openPeopleStore(files, random, { usedBefore: kept.text !== undefined, last })
  const sessions = createSessions(settings, random)
  const context: Context = { ...rest, store, sessions, hasher: createHasher(random) }
  const attempts = attemptStore(kept, context)
  const factors = new Factors(context, party)
  let cancel: Cancel = () => undefined
  const reminded = new Map<string, number>()

  function remindOf(id: 'password-expiring' | 'pin-expiring', user: User, days: number | 'never'): void {
    const key = `${id} ${user.id}`
    const now = clock.now()
    const last = reminded.get(key)
    if (user.state === 'disabled' || days === 'never' || days > REMIND_DAYS || (last !== undefined && now - last < REMIND_EVERY_MS)) return
    reminded.set(key, now)
    note(id, { subject: user.name, days: Math.max(0, days) })
  }
  function remind(): void {
    for (const user of store.people().users) {
      remindOf('password-expiring', user, passwordDaysLeft(user, context))
      remindOf('pin-expiring', user, pinDaysLeft(user, context))
    }
  }
  function tick(): void {
    for (const { session, why } of sessions.expire(clock.now()))
      note('session-expired', { subject: session.user, source: session.source, reason: why })
    remind()
    cancel = clock.after(TICK_MS, tick)
  }
  cancel = clock.after(0, tick)

  return {
    state: store.state,
    recorded: store.recorded,
    accounts: new Accounts(context),
    login: new Login(context, factors, attempts),
    factors,
    services: createServices(context),
    use(token, how = 'used') {
      const session = how === 'used' ? sessions.use(token, clock.now()) : sessions.peek(token, clock.now())
      if (session === 'none') return 'none'
      const user = store.user(session.user)
      return user?.state === 'active' ? { session, role: user.role } : 'none'
    },
    sessions: () => sessions.list(clock.now()),
    endSession(id, by) {
      const ended = sessions.end(id)
      if (ended === undefined) return { kind: 'refused', why: `there is no session "${id}"`, hint: 'breakwall session list' }
      note('session-expired', { subject: ended.user, source: ended.source, reason: `ended by ${by.name}` })
      return { kind: 'done' }
    },
    logout(session) {
      sessions.end(session.id)
      note('logout', { subject: session.user, source: session.source })
    },
    changePassword: (session, old, fresh) => changePassword(session, old, fresh, context),
    setPin: (session, pin) => setPin(session, pin, context),
    close: () => cancel(),
  }
}

/** In memory on the monotonic clock, on disk by the date: what is left of a lock after a restart, and never more than the policy has. */
function attemptStore(kept: Kept, { clock, settings }: Pick<Context, 'clock' | 'settings'>) {
  const offsetMs = (): number => clock.utcUs() / 1000 - clock.now()
  let current = capped(shifted(attemptsOf(kept.text), -offsetMs()), clock.now(), settings())
  return {
    get: () => current,
    set(next: Attempts): Promise<'written' | 'unavailable'> {
      current = next
      return kept.write(JSON.stringify(shifted(next, offsetMs())))
    },
  }
}
