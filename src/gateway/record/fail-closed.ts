import { type SecurityEvent, event } from '../../events/index.ts'

/** What judges operations, or records them. */
export type Part = 'journal' | 'chain' | 'states' | 'key store' | 'clock' | 'policy'

/** Why a part is not trusted, for those who say it in another language. `other`: only `reason` says it. */
export type Cause = 'full' | 'busy' | 'silent' | 'fails' | 'other'
export type Fault = { readonly part: Part; readonly cause: Cause; readonly reason: string }

/** Whether operations may be decided at all: as long as one part cannot be trusted, each is denied. Reading goes on. */
export interface FailClosed {
  permits(): boolean
  /** What is wrong now. */
  faults(): readonly Fault[]
  /** A part fails: `found by a self-test` is told of as such. */
  fails(part: Part, reason: string, found: 'by a self-test' | 'in use', cause?: Cause): void
  works(part: Part): void
  /** Calls back when a part is lost that could be trusted until then. */
  onLost(run: (part: Part) => void): void
}

export function createFailClosed(note: (event: SecurityEvent) => void): FailClosed {
  const faults = new Map<Part, Fault>()
  const listeners: ((part: Part) => void)[] = []
  return {
    permits: () => faults.size === 0,
    faults: () => [...faults.values()],
    fails(part, reason, found, cause = 'other') {
      const known = faults.has(part)
      faults.set(part, { part, cause, reason })
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
