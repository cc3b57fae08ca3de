import { type Exchanged, type Notice, type WireEvents, createTcpLine } from '../../src/bus/index.ts'
import { type LineAddress, toLineAddress } from '../../src/modbus/index.ts'
import { chanceFrom } from '../../hil/sim/chance.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { read } from './requests.ts'

const unit = toLineAddress(4) as LineAddress
export const target = { address: unit, replyTimeoutMs: 600 }
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A line of one connection to an interface, on a wire that the test moves. */
export function tcp(pipelined = 12) {
  const clock = virtualClock()
  const notices: Notice[] = []
  const written: Buffer[] = []
  const dropped: string[] = []
  let opened = 0
  let events: WireEvents | undefined
  const line = createTcpLine(
    { pipelined },
    (told) => {
      events = told
      return {
        open: () => void (opened += 1),
        write: (bytes) => void written.push(Buffer.from(bytes)),
        drop(why) {
          dropped.push(why)
          told.lost(why)
        },
        close: () => Promise.resolve(),
      }
    },
    { clock, random: chanceFrom(1), notice: (notice) => void notices.push(notice) },
    { tell: 'nobody' },
  )
  const wire = (): WireEvents => {
    if (events === undefined) throw new Error('no wire')
    return events
  }
  const ask = (register: number, stillHolds = () => true): Exchanged[] => {
    const ended: Exchanged[] = []
    line.exchange(target, read(register, 1), stillHolds, (exchanged) => ended.push(exchanged))
    return ended
  }
  /** The transaction ids of all frames that were written. */
  const ids = (): number[] => {
    const all = Buffer.concat(written)
    return Array.from({ length: all.length / 12 }, (_, i) => all.readUInt16BE(12 * i))
  }
  const reply = (transaction: number, value: number, from = 4): Buffer =>
    Buffer.from([transaction >> 8, transaction & 0xff, 0, 0, 0, 5, from, 3, 2, value >> 8, value & 0xff])
  return { clock, line, wire, ask, ids, reply, written, notices, dropped, opened: () => opened }
}
