import type { Commonest } from './password-rules.ts'

/** Words that anybody would try on this box. */
const ofThisTrade = [
  'breakwall',
  'masterpact',
  'compact',
  'powerpact',
  'micrologic',
  'schneider',
  'modbus',
  'scada',
  'switchboard',
  'breaker',
]

let loaded: Promise<Commonest> | undefined

/** The list of the commonest passwords, about 49 000 words; read when the first password is set, and kept. */
export function commonPasswords(): Promise<Commonest> {
  loaded ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) => {
    const words = new Set([...dictionary['passwords-common'].map(String), ...ofThisTrade])
    return (word) => words.has(word)
  })
  return loaded
}
