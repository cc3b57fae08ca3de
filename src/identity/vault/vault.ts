import { type Clock, type Random, isoUs } from '../../platform/index.ts'
import { FACTORY_ACCOUNT, type PasswordRule, checkByRule, isFactoryPassword } from './password.ts'
import type { RecordedCheck, LastRecorded, RecordChange } from './recorded-file.ts'
import { type Failure, writeKey } from './sealed-file.ts'
import { type Secret, type VaultChange, type VaultSettings, type VaultState, openSecrets } from './vault-file.ts'

export type { VaultChange, VaultSettings, VaultState } from './vault-file.ts'

/** A password as a list shows it: never itself. */
export type VaultEntry = { readonly breaker: string; readonly level: string; readonly changed: string; readonly factory: boolean }

/** `rule` is that of the breaker's family, `account` the user name that its device has; undefined: that of the factory. */
export type NewPassword = {
  readonly breaker: string
  readonly level: string
  readonly password: string
  readonly rule: PasswordRule
  readonly account?: string | undefined
}

/** The breakers' passwords: on disk encrypted, in memory for the commands that need them, and nowhere else. */
export interface Vault {
  readonly state: VaultState
  /** Whether the file is the one that the journal tells of. */
  readonly recorded: RecordedCheck
  passwordOf(breaker: string, level: string): string | undefined
  list(): readonly VaultEntry[]
  /** The password that is there already is refused: entered again it is no newer. */
  set(fresh: NewPassword, record: RecordChange): Promise<VaultChange>
  remove(breaker: string, level: string, record: RecordChange): Promise<VaultChange>
  /** A new key, and everything sealed with it; the old key opens nothing any more. */
  rotateKey(record: RecordChange): Promise<VaultChange>
}

const refused = (why: string): VaultChange => ({ kind: 'refused', why })

/** Opens the vault. One that cannot be opened is closed, not an error: monitoring goes on, commands that need a password are refused. */
export function openVault(settings: VaultSettings, clock: Clock, random: Random, last: LastRecorded = { kind: 'unknown' }): Vault {
  const { state, recorded, secrets, change } = openSecrets(settings, random, last)
  const others = (breaker: string, level: string): readonly Secret[] =>
    secrets().filter((one) => one.breaker !== breaker || one.level !== level)

  return {
    state,
    recorded,
    passwordOf: (breaker, level) => secrets().find((one) => one.breaker === breaker && one.level === level)?.password,
    list: () =>
      secrets().map(({ breaker, level, changed, password }) => ({ breaker, level, changed, factory: isFactoryPassword(level, password) })),
    set: ({ breaker, level, password, rule, account = FACTORY_ACCOUNT }, record) =>
      change(() => {
        const before = secrets().find((one) => one.breaker === breaker && one.level === level)
        const wrong = checkByRule(rule, password, account, before?.password)
        if (wrong !== undefined) return { kind: 'refused', why: `this is no ${level} password of a breaker: ${wrong}` }
        const fresh = { breaker, level, password, changed: isoUs(clock.utcUs()) }
        return { kind: 'changed', secrets: [...others(breaker, level), fresh], factory: isFactoryPassword(level, password) }
      }, record),
    remove: (breaker, level, record) =>
      change(() => {
        const next = others(breaker, level)
        if (next.length === secrets().length) return { kind: 'refused', why: `the vault has no ${level} password of ${breaker}` }
        return { kind: 'changed', secrets: next, factory: false }
      }, record),
    rotateKey: (record) =>
      settings.credential !== undefined && state.kind === 'open'
        ? Promise.resolve(refused('the key is a credential of systemd: make a new one there, and set the passwords anew'))
        : change(() => ({ kind: 'rotated' }), record),
  }
}

/** Makes the key of a new vault, for the person who installs it. Never overwrites one. */
export function initVault(keyFile: string, random: Random): Failure | 'written' {
  return writeKey(keyFile, random.bytes(32))
}
