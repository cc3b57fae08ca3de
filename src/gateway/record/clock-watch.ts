import { type SecurityEvent, event } from '../../events/index.ts'
import { type Cancel, type Clock, isoUs } from '../../platform/index.ts'

/** How often both clocks are compared, milliseconds. */
const LOOK_MS = 1000
/** The wall clock may move so far against the monotonic one between two looks, microseconds. A time service that slews moves it by less. */
const JUMP_US = 2_000_000
/** A look that comes so much later than it was due means that nothing ran meanwhile, milliseconds. */
const LATE_MS = 1000
/** How often the kernel is asked whether something keeps the clock right, milliseconds. */
const SYNCHRONISED_MS = 60_000

export type ClockWatchPorts = {
  readonly clock: Clock
  readonly note: (event: SecurityEvent) => void
  /** What the kernel says; `unknown` where it cannot be asked. */
  readonly synchronised: () => boolean | 'unknown'
}

/** Tells of a wall clock that was set, of one that nothing keeps right, and of a process that stood still. */
export function watchClock({ clock, note, synchronised }: ClockWatchPorts): Cancel {
  let [wall, running] = [clock.utcUs(), clock.now() as number]
  let sync: boolean | 'unknown' = true
  let cancel: Cancel = () => undefined
  let cancelAsking: Cancel = () => undefined

  function look(): void {
    const [nowUs, now] = [clock.utcUs(), clock.now() as number]
    const expectedUs = wall + (now - running) * 1000
    if (Math.abs(nowUs - expectedUs) > JUMP_US)
      note(event('clock-jump', { from: isoUs(expectedUs), until: isoUs(nowUs), seconds: Math.round((nowUs - expectedUs) / 1e6) }))
    const late = now - running - LOOK_MS
    if (late > LATE_MS) note(event('watchdog-late', { durationMs: Math.round(late) }))
    ;[wall, running] = [nowUs, now]
    cancel = clock.after(LOOK_MS, look)
  }

  function askKernel(): void {
    const is = synchronised()
    if (is === false && sync !== false) note(event('clock-unsynchronised', { reason: 'the kernel says that no time service does' }))
    if (is === true && sync === false) note(event('clock-synchronised', {}))
    if (is !== 'unknown') sync = is
    cancelAsking = clock.after(SYNCHRONISED_MS, askKernel)
  }

  cancel = clock.after(LOOK_MS, look)
  askKernel()
  return () => {
    cancel()
    cancelAsking()
  }
}
