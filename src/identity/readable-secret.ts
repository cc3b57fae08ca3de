import type { Random } from '../platform/index.ts'

/** Letters and digits that nobody reads as another: 31 of them, just under five bits each. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
/** The largest multiple of the alphabet in a byte: what is above it would make some letters likelier. */
const EVEN = 256 - (256 % ALPHABET.length)

/** A secret for somebody to type once: groups of four letters with dashes between. */
export function readableSecret(groups: number, random: Random): string {
  const letters: string[] = []
  while (letters.length < 4 * groups)
    for (const byte of random.bytes(32)) if (byte < EVEN) letters.push(ALPHABET[byte % ALPHABET.length] ?? '')
  return letters
    .slice(0, 4 * groups)
    .join('')
    .replace(/(.{4})(?=.)/g, '$1-')
}
