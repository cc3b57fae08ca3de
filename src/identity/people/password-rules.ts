/** Longest password: a longer one is a mistake, or somebody who wants work to be done. */
export const LONGEST_PASSWORD = 256

/** Whether a word is on the list of the commonest passwords. */
export type Commonest = (word: string) => boolean

export type PasswordRules = { readonly shortest: number; readonly user: string; readonly isCommon: Commonest }

/** What is wrong with a new password, in words for the one who types it, or `fine` (S-15, S-19: length over rules of composition). */
export function checkNewPassword(password: string, { shortest, user, isCommon }: PasswordRules): string {
  const characters = Array.from(password.normalize('NFKC'))
  if (characters.length < shortest) return `it has ${characters.length} characters: at least ${shortest} are needed`
  if (password.length > LONGEST_PASSWORD) return `it has more than ${LONGEST_PASSWORD} characters`
  if (/\p{Cc}/u.test(password)) return 'it has control characters'
  const plain = password.normalize('NFKC').toLowerCase()
  if (user.length >= 3 && plain.includes(user.toLowerCase())) return 'the name of its user is in it'
  if (new Set(characters).size < 5) return 'it has fewer than five different characters'
  if (isRun(plain)) return 'it is a row of keys, letters or digits'
  if (isRepeat(plain)) return 'it is the same piece again and again'
  return spellings(plain).some(isCommon) ? 'it is one of the commonest passwords, or one with something added' : 'fine'
}

const rows = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
]

/** Made of rows of four and more neighbours, forwards or backwards, with hardly anything between. */
function isRun(text: string): boolean {
  const neighbours = (a: string, b: string): boolean => rows.some((row) => row.includes(a + b) || row.includes(b + a))
  let in4 = 0
  let length = 1
  for (let at = 1; at <= text.length; at++) {
    if (at < text.length && neighbours(text[at - 1] ?? '', text[at] ?? '')) length += 1
    else {
      if (length >= 4) in4 += length
      length = 1
    }
  }
  return in4 >= text.length - 2
}

function isRepeat(text: string): boolean {
  for (let size = 1; size <= text.length / 2; size++) {
    const piece = text.slice(0, size)
    if (piece.repeat(Math.ceil(text.length / size)).startsWith(text)) return true
  }
  return false
}

const leet: Readonly<Record<string, string>> = { '0': 'o', '1': 'l', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i' }

/** What a password is a spelling of: itself, without what is before and behind its letters, and with letters for the signs that stand for them. */
function spellings(plain: string): string[] {
  const bare = (text: string): string => text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  const letters = plain.replace(/[013457@$!]/g, (sign) => leet[sign] ?? sign)
  const all = [plain, bare(plain), letters, bare(letters), plain.replace(/[^\p{L}]/gu, '')]
  return [...new Set(all)].filter((word) => word.length >= 4)
}

/** What is wrong with a new PIN, or `fine`: six digits and nothing that is guessed first (S-24). */
export function checkNewPin(pin: string): string {
  if (!/^\d{6}$/.test(pin)) return 'a PIN has six digits'
  if (new Set(pin).size < 3) return 'it repeats one or two digits'
  if (/^(.{1,3})\1+$/.test(pin)) return 'it repeats itself'
  const steps = new Set([...Array(5).keys()].map((i) => (10 + Number(pin[i + 1]) - Number(pin[i])) % 10))
  if (steps.size === 1) return 'it counts up or down'
  if (/^(\d)(\d)(\d)\3\2\1$/.test(pin)) return 'it reads the same backwards'
  if (/^(\d)\1(\d)\2(\d)\3$/.test(pin)) return 'it has three pairs'
  return isDate(pin) ? 'it is a date' : 'fine'
}

/** DDMMYY, MMDDYY, YYMMDD, and a year with a month, in either order. */
function isDate(pin: string): boolean {
  const [a, b, c] = [pin.slice(0, 2), pin.slice(2, 4), pin.slice(4)].map(Number) as [number, number, number]
  const day = (n: number): boolean => n >= 1 && n <= 31
  const month = (n: number): boolean => n >= 1 && n <= 12
  if ((day(a) && month(b)) || (month(a) && day(b)) || (month(b) && day(c))) return true
  const year = (text: string): boolean => /^(19|20)\d\d$/.test(text)
  return (year(pin.slice(0, 4)) && month(c)) || (month(a) && year(pin.slice(2)))
}
