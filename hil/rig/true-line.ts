import { Worker } from 'node:worker_threads'

export type TrueLineSettings = {
  readonly baud: number
  /** Another master that talks four times a second. */
  readonly chatter?: boolean
  /** 1 when left out. */
  readonly stopBits?: 1 | 2
  /** From the end of a request's frame, silence of 3.5 characters included, to the first bit of its reply, milliseconds. */
  readonly deviceDelayMs: number
  /** Addresses of the virtual breakers. */
  readonly addresses: readonly number[]
}

/** What the line has seen. */
export type TrueLineCounts = {
  readonly frames: number
  /** Frames that began before 3.5 characters of silence. */
  readonly gapViolations: number
  /** Bytes of the gateway while a device was sending. */
  readonly collisions: number
  readonly badFrames: number
}

export interface TrueLine {
  /** What a gateway opens. */
  readonly path: string
  counts(): TrueLineCounts
  /** Devices that act and say nothing. */
  mute(addresses: readonly number[]): void
  /** Reads from this register on are left without a reply, while all else is answered; 0: none. */
  ignore(register: number): void
  close(): Promise<void>
}

/** Places in the memory that is shared with the thread. */
export const shared = {
  frames: 0,
  gapViolations: 1,
  collisions: 2,
  badFrames: 3,
  stop: 4,
  muteLow: 5,
  muteHigh: 6,
  ignored: 7,
  words: 8,
} as const

/**
 * A serial line whose every byte has its exact time: a thread of its own that sleeps in the kernel between bytes, so that it is true to
 * some hundredths of a millisecond and burns no core. For the benchmark; the demo's line has steps of a millisecond.
 */
export function startTrueLine(settings: TrueLineSettings): Promise<TrueLine> {
  const memory = new Int32Array(new SharedArrayBuffer(4 * shared.words))
  const worker = new Worker(new URL('./true-line-thread.ts', import.meta.url), { workerData: { memory, settings } })
  const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const count = (at: number): number => Atomics.load(memory, at)
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (path: string) =>
      resolve({
        path,
        counts: () => ({
          frames: count(shared.frames),
          gapViolations: count(shared.gapViolations),
          collisions: count(shared.collisions),
          badFrames: count(shared.badFrames),
        }),
        mute(addresses) {
          const mask = (from: number): number =>
            addresses.reduce((bits, a) => (a >= from && a < from + 31 ? bits | (1 << (a - from)) : bits), 0)
          Atomics.store(memory, shared.muteLow, mask(1))
          Atomics.store(memory, shared.muteHigh, mask(32))
        },
        ignore: (register) => void Atomics.store(memory, shared.ignored, register),
        close() {
          Atomics.store(memory, shared.stop, 1)
          return gone
        },
      }),
    )
  })
}

/** The most transactions a second that the line can carry: characters, device delay, and silence before each of the two frames. */
export function physicalLimit(baud: number, deviceDelayMs: number, registers: number): number {
  const characterMs = 11_000 / baud
  const gapMs = baud > 19200 ? 1.75 : 3.5 * characterMs
  return 1000 / ((8 + 5 + 2 * registers) * characterMs + deviceDelayMs + 2 * gapMs)
}
