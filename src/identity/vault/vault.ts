import { type Clock, type Random, isoUs } from '../../platform/index.ts'
import { checkPassword, isFactoryPassword } from './password.ts'
import { type Failure, readKey, readSealed, writeKey, writeSealed } from './sealed-file.ts'

/** A password as a list shows it: never itself. */
export type VaultEntry = { readonly breaker: string; readonly level: string; readonly changed: string; readonly factory: boolean }

export type VaultSettings = {
  readonly file: string
  readonly keyFile: string
  /** Where systemd has put the key (LoadCredential=), before the key file; undefined outside systemd. */
  readonly credential: string | undefined
}

export type VaultChange = { readonly kind: 'changed'; readonly factory: boolean } | { readonly kind: 'refused'; readonly why: string }

/** A closed vault has no passwords, an empty one is open. */
export type VaultState = { readonly kind: 'open' } | { readonly kind: 'closed'; readonly why: string }

/** The breakers' passwords: on disk encrypted, in memory for the commands that need them, and nowhere else. */
export interface Vault {
  readonly state: VaultState
  passwordOf(breaker: string, level: string): string | undefined
  list(): readonly VaultEntry[]
  set(breaker: string, level: string, password: string): VaultChange
  remove(breaker: string, level: string): VaultChange
}

type Secret = { readonly breaker: string; readonly level: string; readonly password: string; readonly changed: string }

/** Opens the vault. One that cannot be opened is closed, not an error: monitoring goes on, commands that need a password are refused. */
export function openVault(settings: VaultSettings, clock: Clock, random: Random): Vault {
  const opened = open(settings)
  let secrets: readonly Secret[] = 'secrets' in opened ? opened.secrets : []
  let key = 'secrets' in opened ? opened.key : ('missing' as const)
  const state: VaultState = 'secrets' in opened ? { kind: 'open' } : { kind: 'closed', why: opened.why }

  function write(next: readonly Secret[]): Failure | 'written' {
    if (key === 'missing') {
      const fresh = random.bytes(32)
      const made = writeKey(settings.keyFile, fresh)
      if (made !== 'written') return made
      key = fresh
    }
    const written = writeSealed(settings.file, key, random.bytes(12), 'breakwall-vault-1', JSON.stringify(next))
    if (written === 'written') secrets = next
    return written
  }
  const others = (breaker: string, level: string): readonly Secret[] =>
    secrets.filter((secret) => secret.breaker !== breaker || secret.level !== level)
  const change = (next: readonly Secret[], factory: boolean): VaultChange => {
    if (state.kind === 'closed') return { kind: 'refused', why: `the vault is closed: ${state.why}` }
    const written = write(next)
    return written === 'written' ? { kind: 'changed', factory } : { kind: 'refused', why: `the vault was not changed: ${written.why}` }
  }

  return {
    state,
    passwordOf: (breaker, level) => secrets.find((secret) => secret.breaker === breaker && secret.level === level)?.password,
    list: () =>
      secrets.map(({ breaker, level, changed, password }) => ({ breaker, level, changed, factory: isFactoryPassword(level, password) })),
    set(breaker, level, password) {
      const rule = checkPassword(password)
      if (rule !== undefined) return { kind: 'refused', why: `this is no ${level} password of a breaker: ${rule}` }
      const secret = { breaker, level, password, changed: isoUs(clock.utcUs()) }
      return change([...others(breaker, level), secret], isFactoryPassword(level, password))
    },
    remove(breaker, level) {
      const next = others(breaker, level)
      if (next.length === secrets.length) return { kind: 'refused', why: `the vault has no ${level} password of ${breaker}` }
      return change(next, false)
    },
  }
}

type Opened = { readonly secrets: readonly Secret[]; readonly key: Uint8Array | 'missing' } | { readonly why: string }

function open({ file, keyFile, credential }: VaultSettings): Opened {
  const key = credential === undefined ? readKey(keyFile, 'file') : readKey(credential, 'credential')
  if (key !== 'missing' && 'kind' in key) return { why: key.why }
  if (key === 'missing') {
    const there = readSealed(file, new Uint8Array(32), 'breakwall-vault-1')
    return there === 'missing' ? { secrets: [], key } : { why: `${keyFile} is not there, and ${file} opens with it only` }
  }
  const text = readSealed(file, key, 'breakwall-vault-1')
  if (text === 'missing') return { secrets: [], key }
  return text.kind === 'failed' ? { why: text.why } : { secrets: JSON.parse(text.text) as readonly Secret[], key }
}

/** Makes the key of a new vault, for the person who installs it. Never overwrites one. */
export function initVault(keyFile: string, random: Random): Failure | 'written' {
  return writeKey(keyFile, random.bytes(32))
}
