import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import { isoUs } from '../../platform/index.ts'
import { type Attempts, failed, succeeded, waitOf } from './attempts.ts'
import { type Context, type Refused, patched, refused, wallMs } from './context.ts'
import type { Factors, Proof } from './factors.ts'
import { passwordDaysLeft, pendingOf, pinDaysLeft } from './secrets.ts'
import type { Pending, Session, Via } from './sessions.ts'
import { checkTotp } from './totp.ts'
import { type User, hasSecondFactor } from './user.ts'

/** Where a log-in comes from: an address, or a user of this machine. */
export type From = { readonly source: string; readonly via: Via; readonly systemUser: string }
export type LoggedIn = {
  readonly kind: 'logged-in'
  readonly token: string
  readonly session: Session
  readonly role: string
  readonly pending: Pending
  readonly passwordDaysLeft: number | 'never'
}
/** The password was right; the ticket is good for two minutes and three tries. */
export type AsksSecondFactor = {
  readonly kind: 'second-factor'
  readonly ticket: string
  readonly methods: readonly ('code' | 'passkey')[]
}

/** The same words for whatever was wrong: who guesses learns nothing (CR 1.10). */
export const wrongLogin = refused(
  'the name or the password is wrong, or there were too many attempts',
  'try again later, or ask whoever manages the users',
)
/** The disk does not take what a log-in has to leave: the count of wrong ones, or when it was. Right and wrong ones get the same answer. */
export type NotRecorded = { readonly kind: 'not-recorded'; readonly why: string; readonly hint: string }
const notRecorded: NotRecorded = {
  kind: 'not-recorded',
  why: 'log-ins cannot be recorded now, so nobody is let in',
  hint: 'look at the disk: breakwall status; until then a tag is hung by somebody who is logged in already, or at the breaker itself',
}
/** Only for the holder of the right PIN, who could otherwise not find out why it no longer works. */
const pinTooOld = refused('this PIN is too old', 'log in with the password and set a new one: breakwall pin')
const busy = refused('too many log-ins at a time', 'try again in a moment')
const full = refused('too many people are logged in', 'ask whoever manages the users to end a session')

/** A name that is no user's may be a password that was typed into the wrong field: it goes into no record. */
const NOBODY = 'an unknown name'
const NO_TICKET = 'a second factor without a first step, or too late'
const TICKET_MS = 2 * 60_000
const TRIES_PER_TICKET = 3
const MAX_TICKETS = 200
/** Log-ins of one address that wait for their hash: others find a place among MAX_WAITING_HASHES. */
export const MAX_CHECKS_PER_SOURCE = 4
/** First steps of one user from one address that wait for their second: one more takes the place of the oldest of them. */
const MAX_TICKETS_PER_PLACE = 5
type Ticket = { readonly user: User; readonly from: From; readonly untilMs: number; tries: number }

/** What was proved of a user still holds: the account, its password and PIN, and whether a second factor is asked for. */
const sameSecrets = (now: User, then: User): boolean =>
  now.id === then.id &&
  now.password.hash === then.password.hash &&
  (now.pin === 'none' ? 'none' : now.pin.hash) === (then.pin === 'none' ? 'none' : then.pin.hash) &&
  hasSecondFactor(now) === hasSecondFactor(then)

/** How wrong log-ins are counted and where that is kept. */
export type AttemptStore = { get(): Attempts; set(next: Attempts): Promise<'written' | 'unavailable'> }

/** Log-ins by password, PIN, code and passkey. */
export class Login {
  readonly #context: Context
  readonly #factors: Factors
  readonly #attempts: AttemptStore
  readonly #tickets = new Map<string, Ticket>()
  readonly #checking = new Map<string, number>()
  /** What the password of a user who does not exist is compared with: it takes as long as that of one who does. */
  #nobodysHash: string | undefined

  constructor(context: Context, factors: Factors, attempts: AttemptStore) {
    this.#context = context
    this.#factors = factors
    this.#attempts = attempts
  }

  async byPassword(name: string, password: string, from: From): Promise<LoggedIn | AsksSecondFactor | NotRecorded | Refused> {
    const user = await this.#firstStep(name, password, (one) => one.password.hash, from)
    if ('kind' in user) return user
    return hasSecondFactor(user) ? this.#ask(user, from) : this.#enter(user, from)
  }

  /** Only for the panel that is bound to this machine (S-24): who calls has seen to that. */
  async byPin(name: string, pin: string, from: From): Promise<LoggedIn | NotRecorded | Refused> {
    const user = await this.#firstStep(name, pin, (one) => (one.pin === 'none' ? undefined : one.pin.hash), from)
    if ('kind' in user) return user
    const days = pinDaysLeft(user, this.#context)
    if (days === 'never' || days > 0) return this.#enter(user, from)
    return this.#refuse(user.name, from, 'the PIN is too old', pinTooOld)
  }

  byCode(ticket: string, code: string, from: From): Promise<LoggedIn | NotRecorded | Refused> {
    return this.#secondStep(ticket, from, (user) => {
      const step = user.totp === 'none' ? 'wrong' : checkTotp(user.totp.secret, code, user.totp.lastStep, wallMs(this.#context))
      if (step === 'wrong') return Promise.resolve('wrong')
      return Promise.resolve((one) =>
        one.totp === 'none' || one.totp.lastStep >= step ? 'used' : { ...one, totp: { ...one.totp, lastStep: step } },
      )
    })
  }

  byPasskey(ticket: string, response: AuthenticationResponseJSON, from: From): Promise<LoggedIn | NotRecorded | Refused> {
    return this.#secondStep(ticket, from, (user) => this.#factors.prove(ticket, user, response))
  }

  async passkeyOptions(ticket: string, from: From) {
    const found = this.#holder(ticket, from)
    return found === undefined ? this.#refuse('', from, NO_TICKET) : this.#factors.proofOptions(ticket, found.user)
  }

  /** Every refusal is an event, or is counted in a sum of them: the SOC sees as many tries as there were. */
  #refuse(name: string, { source }: From, reason: string, answer: Refused = wrongLogin): Refused {
    const { note, store } = this.#context
    note('login-failed', { subject: store.user(name)?.name ?? NOBODY, source, reason })
    return answer
  }

  /** Counted in memory in any case; where the count does not get to disk, that is the answer. */
  async #wrong(name: string, from: From, reason: string): Promise<NotRecorded | Refused> {
    const { clock, note, store } = this.#context
    const { source } = from
    const subject = store.user(name)?.name ?? NOBODY
    const answer = this.#refuse(name, from, reason)
    const now = clock.now()
    const [next, locked] = failed(this.#attempts.get(), { name, source }, now, this.#limits())
    const counted = await this.#attempts.set(next)
    if (locked !== 'nothing') {
      const until = isoUs(clock.utcUs() + this.#limits().lockingMs * 1000)
      const words = {
        pair: 'too many wrong log-ins from this address',
        source: 'too many wrong log-ins for many names from this address',
        name: 'too many wrong log-ins from many addresses: only addresses that this user has come from before are let through',
      }
      note('login-locked', { subject, source, until, reason: words[locked] })
    }
    return counted === 'written' ? answer : notRecorded
  }

  async #checkFrom({ source }: From, secret: string, hash: string | undefined): Promise<boolean | 'busy'> {
    const count = this.#checking.get(source) ?? 0
    if (count >= MAX_CHECKS_PER_SOURCE) return 'busy'
    this.#checking.set(source, count + 1)
    try {
      return await this.#check(secret, hash)
    } finally {
      const left = (this.#checking.get(source) ?? 1) - 1
      if (left === 0) this.#checking.delete(source)
      else this.#checking.set(source, left)
    }
  }

  async #check(secret: string, hash: string | undefined): Promise<boolean | 'busy'> {
    const { hasher } = this.#context
    let nobodys = this.#nobodysHash
    if (nobodys === undefined) {
      const made = await hasher.make('nobody')
      if (made === 'busy') return 'busy'
      nobodys = made.text
      this.#nobodysHash = nobodys
    }
    const right = await hasher.verify(secret, hash ?? nobodys)
    return hash === undefined ? false : right
  }

  /** The user is looked at once more at the end: who managed the users may have changed it while a hash was made. */
  async #enter(verified: User, from: From, proof: Proof = (user) => user): Promise<LoggedIn | NotRecorded | Refused> {
    const { store, sessions, clock, note } = this.#context
    const { id, name } = verified
    if ((await this.#attempts.set(succeeded(this.#attempts.get(), { name, source: from.source }))) === 'unavailable')
      return this.#unrecorded(name, from)
    // Before the session: a code whose use is not on disk could be used once more after a restart.
    const found = { codeIsUsed: false, isAnother: false }
    const written = await store.rewrite((people) =>
      patched(people, id, (one) => {
        const next = proof(one)
        found.codeIsUsed = next === 'used'
        found.isAnother = !sameSecrets(one, verified)
        return next === 'used' || found.isAnother ? one : { ...next, lastLoginMs: wallMs(this.#context) }
      }),
    )
    if (written !== 'written') return this.#unrecorded(name, from)
    if (found.codeIsUsed) return this.#wrong(name, from, 'this code was used already')
    const user = store.user(name)
    if (user?.state !== 'active' || user.id !== id || found.isAnother) return this.#refuse(name, from, 'the account was changed meanwhile')
    const pending = pendingOf(user, this.#context)
    const opened = sessions.open({ user: user.name, ...from, pending }, clock.now())
    if (opened === 'full') return this.#refuse(name, from, 'too many people are logged in', full)
    for (const { session, why } of opened.ended) note('session-expired', { subject: session.user, source: session.source, reason: why })
    note('login-succeeded', { subject: user.name, role: user.role, source: from.source, via: from.via })
    const { session, token } = opened
    return { kind: 'logged-in', token, session, role: user.role, pending, passwordDaysLeft: passwordDaysLeft(user, this.#context) }
  }

  #unrecorded(name: string, from: From): NotRecorded {
    this.#refuse(name, from, 'it cannot be recorded')
    return notRecorded
  }

  /** A name at an address with a secret: the first step of every log-in. */
  async #firstStep(
    name: string,
    secret: string,
    hashOf: (user: User) => string | undefined,
    from: From,
  ): Promise<User | NotRecorded | Refused> {
    const { store, clock } = this.#context
    const one = { name, source: from.source }
    if (waitOf(this.#attempts.get(), one, clock.now()) > 0) return this.#refuse(name, from, 'locked')
    const user = store.user(name)
    const right = await this.#checkFrom(from, secret, user === undefined ? undefined : hashOf(user))
    if (right === 'busy') return this.#refuse(name, from, 'too many log-ins at a time', busy)
    // Those that were let through together are counted together: a burst has no more tries than a row.
    if (waitOf(this.#attempts.get(), one, clock.now()) > 0) return this.#refuse(name, from, 'locked')
    if (!right || user === undefined) return this.#wrong(name, from, user === undefined ? 'no such user' : 'wrong secret')
    // Asked only now: whether an account is disabled is nothing for somebody without its password.
    return user.state === 'disabled' ? this.#wrong(name, from, 'the account is disabled') : user
  }

  #ask(user: User, from: From): AsksSecondFactor {
    const { clock, random } = this.#context
    const ticket = Buffer.from(random.bytes(32)).toString('base64url')
    for (const [key, { untilMs }] of this.#tickets) if (untilMs < clock.now()) this.#tickets.delete(key)
    const own = [...this.#tickets]
      .filter(([, held]) => held.user.name === user.name && held.from.source === from.source)
      .map(([key]) => key)
    const isFull = own.length >= MAX_TICKETS_PER_PLACE
    const [oldest] = isFull ? own : this.#tickets.keys()
    if ((isFull || this.#tickets.size >= MAX_TICKETS) && oldest !== undefined) this.#tickets.delete(oldest)
    this.#tickets.set(ticket, { user, from, untilMs: clock.now() + TICKET_MS, tries: 0 })
    const methods = [...(user.totp === 'none' ? [] : ['code' as const]), ...(user.passkeys.length === 0 ? [] : ['passkey' as const])]
    return { kind: 'second-factor', ticket, methods }
  }

  #holder(ticket: string, { source, systemUser }: From): { readonly user: User; readonly held: Ticket } | undefined {
    const { clock, store } = this.#context
    const held = this.#tickets.get(ticket)
    const good = held !== undefined && held.untilMs >= clock.now() && held.from.source === source && held.from.systemUser === systemUser
    const user = good ? store.user(held.user.name) : undefined
    return held === undefined || user?.state !== 'active' || !sameSecrets(user, held.user) ? undefined : { user, held }
  }

  async #secondStep(
    ticket: string,
    from: From,
    prove: (user: User) => Promise<Proof | 'wrong'>,
  ): Promise<LoggedIn | NotRecorded | Refused> {
    const { clock } = this.#context
    const found = this.#holder(ticket, from)
    if (found === undefined) return this.#refuse('', from, NO_TICKET)
    if (waitOf(this.#attempts.get(), { name: found.user.name, source: from.source }, clock.now()) > 0)
      return this.#refuse(found.user.name, from, 'locked')
    found.held.tries += 1
    if (found.held.tries >= TRIES_PER_TICKET) this.#tickets.delete(ticket)
    const proved = await prove(found.user)
    if (proved === 'wrong') return this.#wrong(found.user.name, from, 'wrong second factor')
    this.#tickets.delete(ticket)
    return this.#enter(found.user, from, proved)
  }

  #limits() {
    const { maximumAttempts, lockingMs } = this.#context.settings()
    return { maximumAttempts, lockingMs }
  }
}
