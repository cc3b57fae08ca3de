import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { type Context, type Done, type Refused, change, patched, refused, wallMs } from './context.ts'
import { pendingOf } from './secrets.ts'
import type { Session } from './sessions.ts'
import { checkTotp, newTotp } from './totp.ts'
import type { Passkey, User } from './user.ts'

/** What passkeys belong to: the name of the pages and the address that the browser shows. */
export type RelyingParty = { readonly id: string; readonly origin: string }

/** Loaded with the first passkey only. */
const webauthn = () => import('@simplewebauthn/server')
const STARTED_MS = 5 * 60_000
const MAX_PASSKEYS = 10

export type Patch = (user: User) => User
/** What a right proof changes; `used`: somebody has used the same code meanwhile. */
export type Proof = (user: User) => User | 'used'
type Started = { readonly what: string; readonly untilMs: number }

const again = refused('this took too long, or was not begun', 'begin again')
const noPages = refused('passkeys belong to the pages of this gateway, and it has none', 'add [console] to the configuration')

/** Second factors: an authenticator app, or passkeys (WebAuthn). What was begun is kept for five minutes, in memory. */
export class Factors {
  readonly #context: Context
  readonly #party: () => RelyingParty | 'none'
  readonly #started = new Map<string, Started>()

  constructor(context: Context, party: () => RelyingParty | 'none') {
    this.#context = context
    this.#party = party
  }

  startTotp(session: Session): { readonly kind: 'started'; readonly secret: string; readonly uri: string } {
    const made = newTotp(session.user, this.#context.random)
    this.#begin(`totp ${session.id}`, made.secret)
    return { kind: 'started', ...made }
  }

  async confirmTotp(session: Session, code: string): Promise<Refused | Done> {
    const user = this.#own(session)
    const secret = this.#begun(`totp ${session.id}`)
    if (user === undefined || secret === undefined) return again
    const lastStep = checkTotp(secret, code, 0, wallMs(this.#context))
    if (lastStep === 'wrong') {
      this.#begin(`totp ${session.id}`, secret)
      return refused('this code is wrong', 'is the clock of the phone right, and that of the gateway?')
    }
    return this.#keep(session, user, (one) => ({ ...one, totp: { secret, lastStep } }), 'the own authenticator app')
  }

  async passkeyOptions(session: Session) {
    const rp = this.#party()
    const user = this.#own(session)
    if (rp === 'none') return noPages
    if (user === undefined) return again
    if (user.passkeys.length >= MAX_PASSKEYS) return refused(`${MAX_PASSKEYS} passkeys are there already`, 'remove one first')
    const { generateRegistrationOptions } = await webauthn()
    const options = await generateRegistrationOptions({
      rpName: 'Breakwall',
      rpID: rp.id,
      userName: user.name,
      userID: new TextEncoder().encode(user.id),
      attestationType: 'none',
      excludeCredentials: user.passkeys.map(({ id }) => ({ id })),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    })
    this.#begin(`passkey ${session.id}`, options.challenge)
    return { kind: 'options', options } as const
  }

  async addPasskey(session: Session, response: RegistrationResponseJSON, name: string): Promise<Refused | Done> {
    const rp = this.#party()
    const user = this.#own(session)
    const challenge = this.#begun(`passkey ${session.id}`)
    if (rp === 'none' || user === undefined || challenge === undefined) return again
    const { verifyRegistrationResponse } = await webauthn()
    const verified = await verifyRegistrationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: rp.origin,
      expectedRPID: rp.id,
      requireUserVerification: true,
    }).catch((error: unknown) => error as Error)
    if (verified instanceof Error || !verified.verified)
      return refused(`the passkey is not taken: ${verified instanceof Error ? verified.message : 'not verified'}`, 'begin again')
    const { credential } = verified.registrationInfo
    const passkey: Passkey = {
      id: credential.id,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      counter: credential.counter,
      transports: credential.transports ?? [],
      name: name === '' ? 'passkey' : name,
      addedMs: wallMs(this.#context),
    }
    return this.#keep(session, user, (one) => ({ ...one, passkeys: [...one.passkeys, passkey] }), `the own passkeys: added ${passkey.name}`)
  }

  async remove(session: Session, which: string): Promise<Refused | Done> {
    const user = this.#own(session)
    if (user === undefined) return again
    if (which === 'totp') return this.#keep(session, user, (one) => ({ ...one, totp: 'none' }), 'the own authenticator app: removed')
    if (!user.passkeys.some(({ id }) => id === which)) return refused('there is no such passkey', 'the list of them shows what there is')
    return this.#keep(
      session,
      user,
      (one) => ({ ...one, passkeys: one.passkeys.filter(({ id }) => id !== which) }),
      'the own passkeys: removed one',
    )
  }

  /** The options with which a browser proves a passkey of a user whose password was right. */
  async proofOptions(ticket: string, user: User) {
    const rp = this.#party()
    if (rp === 'none') return noPages
    const { generateAuthenticationOptions } = await webauthn()
    const options = await generateAuthenticationOptions({
      rpID: rp.id,
      userVerification: 'required',
      allowCredentials: user.passkeys.map(({ id }) => ({ id })),
    })
    this.#begin(`proof ${ticket}`, options.challenge)
    return { kind: 'options', options } as const
  }

  /** What a right proof changes: its counter moves on; `wrong` for any other. */
  async prove(ticket: string, user: User, response: AuthenticationResponseJSON): Promise<Proof | 'wrong'> {
    const rp = this.#party()
    const challenge = this.#begun(`proof ${ticket}`)
    const passkey = user.passkeys.find(({ id }) => id === response.id)
    if (rp === 'none' || challenge === undefined || passkey === undefined) return 'wrong'
    const { verifyAuthenticationResponse } = await webauthn()
    const verified = await verifyAuthenticationResponse({
      response,
      expectedChallenge: challenge,
      expectedOrigin: rp.origin,
      expectedRPID: rp.id,
      requireUserVerification: true,
      credential: { id: passkey.id, publicKey: new Uint8Array(Buffer.from(passkey.publicKey, 'base64url')), counter: passkey.counter },
    }).catch(() => undefined)
    if (verified?.verified !== true) return 'wrong'
    const counter = verified.authenticationInfo.newCounter
    return (one) => ({ ...one, passkeys: one.passkeys.map((key) => (key.id === passkey.id ? { ...key, counter } : key)) })
  }

  #begin(key: string, what: string): void {
    const now = this.#context.clock.now()
    for (const [other, { untilMs }] of this.#started) if (untilMs < now) this.#started.delete(other)
    this.#started.set(key, { what, untilMs: now + STARTED_MS })
  }

  #begun(key: string): string | undefined {
    const found = this.#started.get(key)
    this.#started.delete(key)
    return found !== undefined && found.untilMs >= this.#context.clock.now() ? found.what : undefined
  }

  #own(session: Session): User | undefined {
    return this.#context.store.user(session.user)
  }

  async #keep(session: Session, user: User, patch: (user: User) => User, what: string): Promise<Refused | Done> {
    const { sessions } = this.#context
    const fields = { subject: user.name, source: session.source, reason: what }
    const written = await change(this.#context, 'password-changed', fields, (people) => patched(people, user.id, patch))
    if (written.kind === 'done') sessions.setPending(session.id, pendingOf(patch(user), this.#context))
    return written
  }
}
