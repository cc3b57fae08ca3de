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
