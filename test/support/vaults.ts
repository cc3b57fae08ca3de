import type { PasswordRule } from '../../src/breakers/index.ts'
import type { RecordChange, Vault, VaultChange } from '../../src/identity/index.ts'

/** A journal that takes everything. */
export const onRecord: RecordChange = () => Promise.resolve(true)

/** Sets a password in a vault that no gateway runs on. */
export const put = (
  vault: Vault,
  breaker: string,
  level: string,
  password: string,
  rule: PasswordRule = 'four-characters',
  account?: string,
): Promise<VaultChange> => vault.set({ breaker, level, password, rule, account }, onRecord)
