import { type SecurityEvent, event } from '../events/index.ts'

/** What judges operations, or records them. */
export type Part = 'journal' | 'chain' | 'states' | 'key store' | 'clock' | 'policy'

/** Whether operations may be decided at all: as long as one part cannot be trusted, each is denied. Reading goes on. */
export interface Trust {
  trusted(): boolean
  /** What is wrong now. */
  faults(): readonly { readonly part: Part; readonly reason: string }[]
  /** A part fails: `found by a self-test` is told of as such. */
  fails(part: Part, reason: string, found: 'by a self-test' | 'in use'): void
  works(part: Part): void
  /** Calls back when a part is lost that could be trusted until then. */
  onLost(run: (part: Part) => void): void
}

export function createTrust(note: (event: SecurityEvent) => void): Trust {
  const faults = new Map<Part, string>()
  const listeners: ((part: Part) => void)[] = []
  return {
    trusted: () => faults.size === 0,
    faults: () => [...faults].map(([part, reason]) => ({ part, reason })),
    fails(part, reason, found) {
      const known = faults.has(part)
      faults.set(part, reason)
      if (known) return
      for (const run of listeners) run(part)
      if (found === 'by a self-test') note(event('self-test-failed', { part, reason }))
      note(event('fail-closed-entered', { part, reason }))
    },
    onLost: (run) => void listeners.push(run),
    works(part) {
      if (faults.delete(part)) note(event('fail-closed-left', { part }))
    },
  }
}
