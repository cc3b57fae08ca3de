/** One mistake in a file, with its place. Line and column count from 1. */
export type Problem = { readonly file: string; readonly line: number; readonly column: number; readonly text: string }

export const formatProblem = ({ file, line, column, text }: Problem): string => `${file}:${line}:${column} ${text}`

/** The known word that was most likely meant: at most two letters away. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const scored = known.map((candidate) => ({ candidate, distance: distance(word.toLowerCase(), candidate.toLowerCase()) }))
  scored.sort((a, b) => a.distance - b.distance)
  const best = scored[0]
  return best !== undefined && best.distance <= 2 ? best.candidate : undefined
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** What to write instead of a word that is not known: the one that was most likely meant, or all there are. */
export const suggestion = (word: string, known: readonly string[]): string => {
  const meant = nearest(word, known)
  return meant === undefined ? `expected one of ${known.join(', ')}` : `did you mean "${meant}"?`
}
