import { event } from '../events/index.ts'
import type { Vault, VaultChange, VaultEntry, VaultState } from '../identity/index.ts'
import type { Journal } from '../journal/index.ts'

/** The vault while the gateway runs: each change of it is an event, and each password that everybody knows is one too. */
export interface VaultBook {
  readonly state: VaultState
  list(): readonly VaultEntry[]
  passwordOf(breaker: string, level: string): string | undefined
  set(breaker: string, level: string, password: string, by: string): VaultChange
  remove(breaker: string, level: string, by: string): VaultChange
}

export function openVaultBook(vault: Vault, journal: Pick<Journal, 'note'>): VaultBook {
  const warn = (breaker: string, level: string): void => journal.note(event('vault-default-password', { breaker, level }))
  if (vault.state.kind === 'closed') journal.note(event('vault-closed', { reason: vault.state.why }))
  else if (vault.list().length > 0) journal.note(event('vault-opened', { count: vault.list().length }))
  for (const { breaker, level, factory } of vault.list()) if (factory) warn(breaker, level)

  const changed = (change: VaultChange, subject: string, breaker: string, level: string, what: string): VaultChange => {
    if (change.kind === 'refused') return change
    journal.note(event('vault-changed', { subject, breaker, level, reason: `${level} password of ${breaker} ${what}` }))
    if (change.factory) warn(breaker, level)
    return change
  }
  return {
    state: vault.state,
    list: () => vault.list(),
    passwordOf: (breaker, level) => vault.passwordOf(breaker, level),
    set: (breaker, level, password, by) => changed(vault.set(breaker, level, password), by, breaker, level, 'set'),
    remove: (breaker, level, by) => changed(vault.remove(breaker, level), by, breaker, level, 'removed'),
  }
}
