import type { Cancel, Clock } from '../../src/platform/index.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** A process that is stopped now and then: its clock, and the way in for all that arrives. */
export interface Stall {
  /** The clock of the gateway: timers that fall due while it is stopped run when it goes on, before it has read what has arrived. */
  readonly clock: Clock
  /** Runs at once, or when the process goes on and its timers have run. */
  arrives(run: () => void): void
  stop(ms: number): void
}

/** As Node does it: timers first, then sockets, then what waits for them; see `deadline` of the real clock. */
export function createStall(world: VirtualClock): Stall {
  let stopped = false
  let timers: (() => void)[] = []
  let arrived: (() => void)[] = []
  let deadlines: (() => void)[] = []

  const timer = (ms: number, run: () => void, late: () => (() => void)[]): Cancel => {
    let over = false
    const fire = (): void => (over ? undefined : run())
    const cancel = world.after(ms, () => (stopped ? void late().push(fire) : fire()))
    return () => {
      over = true
      cancel()
    }
  }

  function goOn(): void {
    stopped = false
    for (const all of [timers, arrived, deadlines]) for (const run of all.splice(0)) run()
    ;[timers, arrived, deadlines] = [[], [], []]
  }

  return {
    clock: {
      now: () => world.now(),
      utcUs: () => world.utcUs(),
      after: (ms, run) => timer(ms, run, () => timers),
      exactly: (ms, run) => timer(ms, run, () => timers),
      deadline: (ms, run) => timer(ms, run, () => deadlines),
      soon: (run) => world.soon(run),
    },
    arrives: (run) => (stopped ? void arrived.push(run) : run()),
    stop(ms) {
      if (stopped) return
      stopped = true
      world.after(ms, goOn)
    },
  }
}
