/** One person. Secrets are hashes, but for what must be known to be checked; the whole file is sealed. */
export type User = {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly state: 'active' | 'disabled'
  readonly createdMs: number
  readonly lastLoginMs: number | 'never'
  readonly password: { readonly hash: string; readonly setMs: number; readonly mustChange: boolean; readonly history: readonly string[] }
  readonly totp: { readonly secret: string; readonly lastStep: number } | 'none'
  readonly passkeys: readonly Passkey[]
  readonly pin: { readonly hash: string; readonly setMs: number; readonly history: readonly string[] } | 'none'
  /** Hashes of PINs that a reset took away. */
  readonly formerPins: readonly string[]
}
export type Passkey = {
  readonly id: string
  readonly publicKey: string
  readonly counter: number
  readonly transports: readonly string[]
  readonly name: string
  readonly addedMs: number
}

/** A script: a token of 256 bits, kept as its hash, for some actions and until an end. */
export type Service = {
  readonly id: string
  readonly name: string
  readonly scope: readonly string[]
  /** The role of certificates that it may ask for; empty for none. */
  readonly enrols: string
  readonly untilMs: number
  readonly createdMs: number
  readonly createdBy: string
  readonly lastUsedMs: number | 'never'
  readonly tokenHash: string
}

export type People = { readonly users: readonly User[]; readonly services: readonly Service[] }

/** Letters, digits, dot, - and _: what an event, a file and a command line can hold. */
export const nameIsFine = (name: string): boolean => /^[A-Za-z][A-Za-z0-9._-]{1,31}$/.test(name)
export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
export const hasSecondFactor = ({ totp, passkeys }: User): boolean => totp !== 'none' || passkeys.length > 0
