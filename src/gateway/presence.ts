import type { Report } from '../upstream/index.ts'

/** Names of clients that are told at most. */
const MOST_TOLD = 8

/** Who is connected, out of what the doors report anyway. */
export function createPresence() {
  const there = new Map<string, number>()
  const change = (name: string, by: number): void => {
    const count = (there.get(name) ?? 0) + by
    if (count <= 0) there.delete(name)
    else there.set(name, count)
  }
  return {
    /** Looks at what is reported and passes it on. */
    watch:
      (report: Report): Report =>
      (id, fields) => {
        const { subject } = fields as { readonly subject?: unknown }
        if (id === 'connection-opened') change(String(subject), 1)
        if (id === 'connection-closed') change(String(subject), -1)
        report(id, fields)
      },
    words(): string {
      const names = [...there.keys()]
      const more = names.length > MOST_TOLD ? ` and ${names.length - MOST_TOLD} more` : ''
      return names.length === 0 ? 'nobody' : `${names.slice(0, MOST_TOLD).join(', ')}${more}`
    },
  }
}
