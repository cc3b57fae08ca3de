import { type Clock, type Random, isoUs } from '../../platform/index.ts'
import { FACTORY_ACCOUNT, type PasswordRule, checkByRule, isFactoryPassword } from './password.ts'
import { type Failure, putInPlace, readKey, readSealed, removeFile, writeKey, writeSealed } from './sealed-file.ts'

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
  /**
   * `rule` is that of the breaker's family, `account` the user name that its device has. The password that is there already is
   * refused: entered again it is no newer.
   */
  set(breaker: string, level: string, password: string, rule: PasswordRule, account?: string): VaultChange
  remove(breaker: string, level: string): VaultChange
  /** A new key, and everything sealed with it; the old key opens nothing any more. */
  rotateKey(): VaultChange
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
    set(breaker, level, password, rule, account = FACTORY_ACCOUNT) {
      const before = secrets.find((secret) => secret.breaker === breaker && secret.level === level)
      const wrong = checkByRule(rule, password, account, before?.password)
      if (wrong !== undefined) return { kind: 'refused', why: `this is no ${level} password of a breaker: ${wrong}` }
      const secret = { breaker, level, password, changed: isoUs(clock.utcUs()) }
      return change([...others(breaker, level), secret], isFactoryPassword(level, password))
    },
    remove(breaker, level) {
      const next = others(breaker, level)
      if (next.length === secrets.length) return { kind: 'refused', why: `the vault has no ${level} password of ${breaker}` }
      return change(next, false)
    },
    rotateKey() {
      if (state.kind === 'closed') return { kind: 'refused', why: `the vault is closed: ${state.why}` }
      if (settings.credential !== undefined)
        return { kind: 'refused', why: 'the key is a credential of systemd: make a new one there, and set the passwords anew' }
      const fresh = random.bytes(32)
      const rotated = replaceKey(settings, fresh, random.bytes(12), JSON.stringify(secrets))
      if (rotated !== 'written') return { kind: 'refused', why: `the vault was not changed: ${rotated.why}` }
      key = fresh
      return { kind: 'changed', factory: false }
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
  const next = credential === undefined ? readKey(nextKey(keyFile), 'file') : 'missing'
  if (text !== 'missing' && text.kind === 'failed' && next instanceof Uint8Array) {
    // A rotation was cut after it sealed the vault with the next key.
    const again = readSealed(file, next, 'breakwall-vault-1')
    if (again !== 'missing' && again.kind === 'opened' && putInPlace(nextKey(keyFile), keyFile) === 'written') {
      return { secrets: JSON.parse(again.text) as readonly Secret[], key: next }
    }
  }
  if (text === 'missing') return { secrets: [], key }
  return text.kind === 'failed' ? { why: text.why } : { secrets: JSON.parse(text.text) as readonly Secret[], key }
}

/** The next key is on disk before anything is sealed with it, and takes the place of the old one after: a cut at any instant leaves one that opens. */
function replaceKey({ file, keyFile }: VaultSettings, key: Uint8Array, nonce: Uint8Array, text: string): Failure | 'written' {
  const next = nextKey(keyFile)
  removeFile(next) // of a rotation that was cut before it sealed anything
  const made = writeKey(next, key)
  if (made !== 'written') return made
  const written = writeSealed(file, key, nonce, 'breakwall-vault-1', text)
  return written === 'written' ? putInPlace(next, keyFile) : written
}
const nextKey = (keyFile: string): string => `${keyFile}.next`

/** Makes the key of a new vault, for the person who installs it. Never overwrites one. */
export function initVault(keyFile: string, random: Random): Failure | 'written' {
  return writeKey(keyFile, random.bytes(32))
}
