/** Whole seconds out of `90s`, `5m` or `2h`, or undefined. */
export function toSeconds(text: string): number | undefined {
  const found = /^(\d{1,5})(s|m|h)$/.exec(text)
  if (found === null) return undefined
  const factor = { s: 1, m: 60, h: 3600 }[found[2] as 's' | 'm' | 'h']
  return Number(found[1]) * factor
}
