import { type FieldsOf, event } from '../../events/index.ts'
import type { Vault, VaultChange, VaultEntry, VaultState } from '../../identity/index.ts'
import type { PasswordRule } from '../../breakers/index.ts'
import type { Journal } from '../../journal/index.ts'
import type { Cancel, Clock } from '../../platform/index.ts'
import { SEALED_VAULT, recordChange, reportOtherFile } from './sealed-changes.ts'

/** The vault while the gateway runs: each change of it is an event, and each password that everybody knows is one too. */
export interface VaultStore {
  readonly state: VaultState
  list(): readonly VaultEntry[]
  passwordOf(breaker: string, level: string): string | undefined
  set(breaker: string, level: string, password: string, by: string): Promise<VaultChange>
  remove(breaker: string, level: string, by: string): Promise<VaultChange>
  /** A new key for the whole vault. */
  rotateKey(by: string): Promise<VaultChange>
  close(): void
}

/** A password that is older than this is told of, once a week, days. */
export const OLD_DAYS = 365
const DAY_MS = 24 * 60 * 60_000
const LOOK_MS = 7 * DAY_MS

export type VaultPorts = {
  readonly journal: Pick<Journal, 'note' | 'append'>
  readonly clock: Clock
  /** What the passwords of a breaker look like. */
  readonly ruleOf: (breaker: string) => PasswordRule
  /** The user name of a device that has one; undefined: that of the factory. */
  readonly accountOf: (breaker: string) => string | undefined
}

export function openVaultStore(vault: Vault, { journal, clock, ruleOf, accountOf }: VaultPorts): VaultStore {
  const warn = (breaker: string, level: string): void => journal.note(event('vault-default-password', { breaker, level }))
  if (vault.state.kind === 'closed') journal.note(event('vault-closed', { reason: vault.state.why }))
  else if (vault.list().length > 0) journal.note(event('vault-opened', { count: vault.list().length }))
  reportOtherFile(journal, vault.recorded, SEALED_VAULT, "the file of the breakers' passwords")
  for (const { breaker, level, factory } of vault.list()) if (factory) warn(breaker, level)

  const recording = (fields: FieldsOf<'vault-changed'>) => recordChange(journal, event('vault-changed', fields), SEALED_VAULT)
  async function set(breaker: string, level: string, password: string, by: string): Promise<VaultChange> {
    const fresh = { breaker, level, password, rule: ruleOf(breaker), account: accountOf(breaker) }
    const changed = await vault.set(fresh, recording(one(by, breaker, level, 'set')))
    if (changed.kind === 'changed' && changed.factory) warn(breaker, level)
    return changed
  }
  const one = (subject: string, breaker: string, level: string, what: string) => ({
    subject,
    breaker,
    level,
    reason: `${level} password of ${breaker} ${what}`,
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
    set,
    remove: (breaker, level, by) => vault.remove(breaker, level, recording(one(by, breaker, level, 'removed'))),
    rotateKey: (by) => vault.rotateKey(recording({ subject: by, breaker: '', level: '', reason: 'a new key for all passwords' })),
    close: () => cancel(),
  }
}
