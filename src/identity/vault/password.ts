/** What is wrong with a password of a MicroLogic profile, if anything: it has exactly four characters 0-9, a-z, A-Z, case-sensitive (DOCA0122EN; S-20). */
export function checkPassword(password: string): string | undefined {
  if (password.length !== 4) return `it has ${password.length} characters: a MicroLogic password has 4`
  return /^[0-9a-zA-Z]{4}$/.test(password) ? undefined : 'it may have the digits 0 to 9 and the letters a to z and A to Z only'
}

/** What each profile leaves the factory with (DOCA0091EN, "Password Management"): known to everybody. */
const factory: ReadonlyMap<string, string> = new Map([
  ['administrator', '0000'],
  ['services', '1111'],
  ['engineer', '2222'],
  ['operator', '3333'],
])
export const isFactoryPassword = (level: string, password: string): boolean => factory.get(level) === password

export type PasswordRule = 'four-characters' | 'micrologic-active'

/** The name that the one account of a MicroLogic Active has when it leaves the factory (DOCA0122EN); a site may have given it another. */
export const FACTORY_ACCOUNT = 'SecurityAdmin'

/** The one account of a MicroLogic Active: 8–32 of ASCII 32–126, an upper and a lower case letter, without its name (S-19). */
function checkActive(password: string, account: string): string | undefined {
  if (password.length < 8 || password.length > 32) return `it has ${password.length} characters: a MicroLogic Active takes 8 to 32`
  if (!/^[ -~]+$/.test(password)) return 'it may have the characters of ASCII from the space to ~ only'
  if (!/[A-Z]/.test(password) || !/[a-z]/.test(password)) return 'it needs an upper and a lower case letter'
  if (password.toLowerCase().includes(account.toLowerCase())) return `the name of its user, ${account}, is in it`
  return undefined
}

/**
 * What is wrong with a password by the rule of its family, if anything. `account`: the user name of a device that has one. `before`: the
 * password that it replaces.
 */
export function checkByRule(rule: PasswordRule, password: string, account: string, before: string | undefined): string | undefined {
  // For every family: the same password would count as changed today, and nobody would be reminded of its age.
  if (password === before) return 'it is the one that is there already, of the same age'
  switch (rule) {
    case 'four-characters':
      return checkPassword(password)
    case 'micrologic-active':
      return checkActive(password, account)
  }
}
