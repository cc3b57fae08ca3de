import { type FieldsOf, event } from '../events/index.ts'
import type { Vault, VaultChange, VaultEntry, VaultState } from '../identity/index.ts'
import type { PasswordRule } from '../breakers/index.ts'
import type { Journal } from '../journal/index.ts'
import type { Cancel, Clock } from '../platform/index.ts'
import type { Recorded } from './recorded-state.ts'

/** A change is in the sealed file; `recorded` says when its event is on disk too. */
export type VaultChanged =
  | { readonly kind: 'changed'; readonly factory: boolean; readonly recorded: Promise<Recorded> }
  | Extract<VaultChange, { readonly kind: 'refused' }>

/** The vault while the gateway runs: each change of it is an event, and each password that everybody knows is one too. */
export interface VaultBook {
  readonly state: VaultState
  list(): readonly VaultEntry[]
  passwordOf(breaker: string, level: string): string | undefined
  set(breaker: string, level: string, password: string, by: string): VaultChanged
  remove(breaker: string, level: string, by: string): VaultChanged
  /** A new key for the whole vault. */
  rotateKey(by: string): VaultChanged
  close(): void
}

/** A password that is older than this is told of, once a week, days. */
export const OLD_DAYS = 365
const DAY_MS = 24 * 60 * 60_000
const LOOK_MS = 7 * DAY_MS

export type VaultPorts = {
  readonly journal: Pick<Journal, 'note' | 'keep'>
  readonly clock: Clock
  /** What the passwords of a breaker look like. */
  readonly ruleOf: (breaker: string) => PasswordRule
  /** The user name of a device that has one; undefined: that of the factory. */
  readonly accountOf: (breaker: string) => string | undefined
}

export function openVaultBook(vault: Vault, { journal, clock, ruleOf, accountOf }: VaultPorts): VaultBook {
  const warn = (breaker: string, level: string): void => journal.note(event('vault-default-password', { breaker, level }))
  if (vault.state.kind === 'closed') journal.note(event('vault-closed', { reason: vault.state.why }))
  else if (vault.list().length > 0) journal.note(event('vault-opened', { count: vault.list().length }))
  for (const { breaker, level, factory } of vault.list()) if (factory) warn(breaker, level)

  const changed = (change: VaultChange, fields: FieldsOf<'vault-changed'>): VaultChanged => {
    if (change.kind === 'refused') return change
    const kept = journal.keep(event('vault-changed', fields), {})
    if (change.factory) warn(fields.breaker, fields.level)
    return { ...change, recorded: kept.then((id) => (id === 'not-yet' ? 'not-yet' : 'recorded')) }
  }
  const one = (subject: string, breaker: string, level: string, what: string) => ({
    ...{ subject, breaker, level, reason: `${level} password of ${breaker} ${what}` },
  })
  let cancel: Cancel = () => undefined
  const tellOld = (): void => {
    for (const { breaker, level, changed: since } of vault.list()) {
      const days = Math.floor((clock.utcUs() / 1000 - Date.parse(since)) / DAY_MS)
      if (days >= OLD_DAYS) journal.note(event('vault-password-old', { breaker, level, days }))
    }
    cancel = clock.after(LOOK_MS, tellOld)
  }
  tellOld()
  return {
    state: vault.state,
    list: () => vault.list(),
    passwordOf: (breaker, level) => vault.passwordOf(breaker, level),
    set: (breaker, level, password, by) =>
      changed(vault.set(breaker, level, password, ruleOf(breaker), accountOf(breaker)), one(by, breaker, level, 'set')),
    remove: (breaker, level, by) => changed(vault.remove(breaker, level), one(by, breaker, level, 'removed')),
    rotateKey: (by) => changed(vault.rotateKey(), { subject: by, breaker: '', level: '', reason: 'a new key for all passwords' }),
    close: () => cancel(),
  }
}
