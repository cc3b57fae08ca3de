import { countAttempts, realClock, refuseDebugger, stderrLog } from '../platform/index.ts'

/** Refuses the debugger from here on; `report` gets how often somebody has asked for it. Returns the way to stop counting. */
export function withoutDebugger(report: (count: number) => void): () => void {
  const attempts = countAttempts(realClock, (count) => {
    stderrLog.warn(`somebody sent SIGUSR1 (${count} times), which asks Node to open its debugger; refused`)
    report(count)
  })
  if (!refuseDebugger(() => attempts.attempted()))
    stderrLog.warn('this system does not let the gateway see who asks for its debugger; it stays closed')
  return () => attempts.close()
}
