import { read } from 'node:fs'
import type { Cancel, Monotonic } from './time.ts'
import { createTimerFile } from './libc.ts'

type Timer = { readonly at: Monotonic; readonly run: () => void }

/**
 * Timers that Node does not have: its own count in milliseconds, a line at 115200 baud wants 1.75 of them. A timer of the kernel ends a
 * read that one of Node's file threads waits in, so no core is burnt and the event loop stays free. Never early: a timer that is called
 * before its time waits again. Late by the wake-up of two threads, less than 0.1 ms. At rest no thread waits.
 */
export function createPreciseTimers(now: () => Monotonic): (ms: number, run: () => void) => Cancel {
  let timers: Timer[] = []
  let alarm: Alarm | undefined

  function next(): void {
    const [first] = timers
    if (first === undefined) return
    alarm ??= createAlarm(due)
    alarm.ringIn(first.at - now())
  }

  function due(): void {
    while (timers[0] !== undefined && timers[0].at <= now()) timers.shift()?.run()
    next()
  }

  return (ms, run) => {
    const timer: Timer = { at: (now() + Math.max(0, ms)) as Monotonic, run }
    const place = timers.findIndex((other) => other.at > timer.at)
    timers.splice(place === -1 ? timers.length : place, 0, timer)
    if (timers[0] === timer) next()
    return () => void (timers = timers.filter((other) => other !== timer))
  }
}

/** Rings once for each `ringIn`, or once for several. */
type Alarm = { ringIn(ms: number): void }

function createAlarm(ring: () => void): Alarm {
  const timer = createTimerFile()
  // Without the kernel's timer a whole millisecond has to do: late, which only costs time, never early.
  if (timer === undefined) return { ringIn: (ms) => void setTimeout(ring, Math.max(0, Math.ceil(ms))) }
  const { fd } = timer
  const expirations = new Uint8Array(8)
  let waiting = false
  return {
    ringIn(ms) {
      timer.fireIn(ms)
      if (waiting) return
      waiting = true
      read(fd, expirations, 0, 8, null, (error) => {
        waiting = false
        if (error !== null) throw error // without it no serial line may send: a bug, and systemd starts the gateway again
        ring()
      })
    },
  }
}
