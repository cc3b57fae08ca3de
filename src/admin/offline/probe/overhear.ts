import type { OpenWire } from '../../../bus/index.ts'
import { framingOf, mbapStart, stepMbap } from '../../../modbus/index.ts'

/** An answer that is none to the question: the line discards it rightly, and yet it says that something is there. */
export type Stray =
  /** As another unit than the one that was asked. */
  | { readonly kind: 'other-unit'; readonly asked: number; readonly as: number }
  /** With a transaction id that was never sent. */
  | { readonly kind: 'other-transaction'; readonly unit: number }
  /** By the unit that was asked, after its time-out. */
  | { readonly kind: 'late'; readonly unit: number }

/** Listens to what goes over a wire, beside the line that uses it. */
export interface Ear {
  readonly on: (open: OpenWire) => OpenWire
  /** How often the wire was opened. */
  readonly opens: () => number
  strays(): readonly Stray[]
}

/** Strays that are kept: enough to see what is wrong. */
const MAX_STRAYS = 16

function createStrays() {
  const kept = new Map<string, Stray>()
  return {
    note(stray: Stray): void {
      if (kept.size < MAX_STRAYS) kept.set(JSON.stringify(stray), stray)
    },
    all: (): readonly Stray[] => [...kept.values()],
  }
}

type Hearing = { readonly opened: () => void; readonly sent: (bytes: Uint8Array) => void; readonly heard: (bytes: Uint8Array) => void }

const overhear =
  ({ opened, sent, heard }: Hearing) =>
  (open: OpenWire): OpenWire =>
  (events) => {
    const wire = open({
      opened() {
        opened()
        events.opened()
      },
      failed: (why) => events.failed(why),
      bytes(chunk) {
        heard(chunk)
        events.bytes(chunk)
      },
      ended: () => events.ended(),
      lost: (why) => events.lost(why),
      warning: (why) => events.warning(why),
    })
    return {
      open: () => wire.open(),
      write(bytes) {
        sent(bytes)
        wire.write(bytes)
      },
      drop: (why) => wire.drop(why),
      close: () => wire.close(),
    }
  }

/** Knows a reply by its transaction id and its unit (Messaging on TCP/IP V1.0b, 3.1.3). */
export function tcpEar(): Ear {
  const strays = createStrays()
  const asked = new Map<number, number>()
  let last = -1
  let stream = mbapStart
  let opens = 0
  return {
    opens: () => opens,
    strays: strays.all,
    on: overhear({
      opened() {
        opens += 1
        stream = mbapStart
      },
      sent(bytes) {
        for (const output of stepMbap(mbapStart, bytes)[1]) {
          if (output.kind === 'broken') continue
          last = output.frame.transaction
          asked.set(last, output.frame.unit)
        }
      },
      heard(bytes) {
        const [next, outputs] = stepMbap(stream, bytes)
        stream = next
        for (const output of outputs) {
          if (output.kind === 'broken') continue
          const { transaction, unit } = output.frame
          const of = asked.get(transaction)
          if (of === undefined) strays.note({ kind: 'other-transaction', unit })
          else if (of !== unit) strays.note({ kind: 'other-unit', asked: of, as: unit })
          else if (transaction !== last) strays.note({ kind: 'late', unit })
        }
      },
    }),
  }
}

/** Longest frame on a serial line with the echo of a request before it, bytes. */
const MOST_HEARD = 512

/** Knows a frame by its CRC alone: what has come between two questions is judged as a whole. */
export function serialEar(): Ear {
  const strays = createStrays()
  const before = new Set<number>()
  let asked = 0
  let heard = Buffer.alloc(0)
  let opens = 0
  const judge = (): void => {
    const [as] = heard
    if (as === undefined || as === asked || framingOf(heard) !== 'rtu') return
    strays.note(before.has(as) ? { kind: 'late', unit: as } : { kind: 'other-unit', asked, as })
  }
  return {
    opens: () => opens,
    strays() {
      judge()
      return strays.all()
    },
    on: overhear({
      opened() {
        opens += 1
        heard = Buffer.alloc(0)
      },
      sent(bytes) {
        judge()
        heard = Buffer.alloc(0)
        before.add(asked)
        asked = bytes[0] ?? 0
      },
      heard: (bytes) => void (heard = Buffer.concat([heard, bytes]).subarray(0, MOST_HEARD)),
    }),
  }
}
