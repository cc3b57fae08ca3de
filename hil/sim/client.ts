import type { Clock } from '../../src/platform/index.ts'
import type { Chance } from './chance.ts'
import { MUTE_REGISTER, STATIC, valueOf } from './device.ts'
import type { SimSocket } from './socket.ts'

export type SimBreaker = { readonly unit: number; readonly address: number; readonly destination: number }
type Sent = { readonly unit: number; readonly pdu: Buffer; readonly address: number }

/** A SCADA client at random: reads, operates, sends garbage, cuts its frames, leaves. It knows what each reply must say. */
export interface SimClient {
  /** Requests that were neither answered nor ended with their connection. */
  open(): number
  answered(): number
  /** Requests that were answered with exception 01. */
  refused(): number
  stop(): void
}

export type ClientWorld = {
  readonly clock: Clock
  readonly chance: Chance
  readonly breakers: readonly SimBreaker[]
  readonly broken: (rule: string) => void
  readonly connect: (name: string) => SimSocket
  /** Whether it may leave and send garbage now: it does neither once the faults have ended. */
  readonly mayMisbehave: () => boolean
  readonly habit: Habit
}

/** `mixed`: a SCADA system of any kind. `starves`: reads as much as it may. `refused`: operates as fast as it can what it may not. */
export type Habit = 'mixed' | 'starves' | 'refused'

const commandPdu = (destination: number, code: 904 | 905): Buffer => {
  const pdu = Buffer.alloc(46)
  pdu.set([16, 0x1f, 0x3f, 0, 20, 40])
  const registers = [code, 10, destination, 1, ...Array<number>(13).fill(0), 8019, 8020, 8021]
  registers.forEach((value, i) => pdu.writeUInt16BE(value, 6 + 2 * i))
  return pdu
}

function readPdu(functionCode: number, register: number, quantity: number): Buffer {
  const pdu = Buffer.from([functionCode, 0, 0, 0, 0])
  pdu.writeUInt16BE(register - 1, 1)
  pdu.writeUInt16BE(quantity, 3)
  return pdu
}

/** What it asks next: mostly reads, some operations, some of what nobody may. */
function anyRequest(chance: Chance, breakers: readonly SimBreaker[]): Sent {
  const { unit, address, destination } = chance.pick(breakers)
  const kind = chance.below(100)
  const register = STATIC.from + 10 * chance.below(12)
  if (kind < 3) return { unit, address, pdu: readPdu(3, MUTE_REGISTER - 1, 2) }
  if (kind < 55) return { unit, address, pdu: readPdu(chance.pick([3, 3, 4]), register, chance.pick([2, 10, 10, 40])) }
  if (kind < 60) return { unit, address, pdu: readPdu(3, 8020, 2) }
  if (kind < 90) return { unit, address, pdu: commandPdu(destination, chance.pick([904, 905])) }
  if (kind < 93) return { unit, address, pdu: Buffer.from([6, 0x1f, 0x3f, 3, 0x88]) } // one register of the command area: unknown
  if (kind < 95) return { unit, address, pdu: Buffer.from([5, 0, 1, 0xff, 0]) }
  if (kind < 97) return { unit: 99, address: 99, pdu: readPdu(3, register, 2) } // no such unit
  return { unit, address, pdu: readPdu(3, register, 126) } // malformed
}

/** A client that starves others if it is let: it reads as much as it may, from every breaker. */
function anyRead(chance: Chance, breakers: readonly SimBreaker[]): Sent {
  const { unit, address } = chance.pick(breakers)
  return { unit, address, pdu: readPdu(3, STATIC.from + 10 * chance.below(12), chance.pick([10, 40])) }
}

/** A client that fills the journal if it is let: every operation of it is refused. */
function anyRefused(chance: Chance, breakers: readonly SimBreaker[]): Sent {
  const { unit, address, destination } = chance.pick(breakers)
  return { unit, address, pdu: commandPdu(destination, chance.pick([904, 905])) }
}

const asks: Readonly<Record<Habit, (chance: Chance, breakers: readonly SimBreaker[]) => Sent>> = {
  mixed: anyRequest,
  starves: anyRead,
  refused: anyRefused,
}

/** What is wrong with the values of a read's reply, if anything is. */
function wrongValueIn(adu: Buffer, { pdu, unit, address }: Sent): string | undefined {
  if (![3, 4].includes(adu.readUInt8(7))) return undefined
  const [first, quantity] = [pdu.readUInt16BE(1) + 1, pdu.readUInt16BE(3)]
  if (adu.length !== 9 + 2 * quantity) return `asked ${quantity} registers and got ${adu.length - 9} bytes`
  for (let i = 0; i < quantity; i++) {
    const register = first + i
    if (register < STATIC.from || register > STATIC.to) continue
    if (adu.readUInt16BE(9 + 2 * i) !== valueOf(address, register))
      return `read register ${register} of unit ${unit} and got another's value`
  }
  return undefined
}

export function simClient(name: string, { clock, chance, breakers, broken, connect, mayMisbehave, habit }: ClientWorld): SimClient {
  const depth = habit === 'mixed' ? chance.pick([1, 1, 4, 12]) : 12
  const pauseMs = { mixed: chance.pick([5, 50, 300]), starves: 20, refused: 1 }[habit]
  let socket = connect(name)
  let sent = new Map<number, Sent>()
  let transaction = chance.below(0x10000)
  let answered = 0
  let refused = 0
  let stopped = false

  function listen(): void {
    const mine = sent
    let pending = Buffer.alloc(0)
    socket.heard = (bytes) => {
      pending = Buffer.concat([pending, bytes])
      while (pending.length >= 8 && pending.length >= 6 + pending.readUInt16BE(4)) {
        const length = 6 + pending.readUInt16BE(4)
        judge(mine, pending.subarray(0, length))
        pending = pending.subarray(length)
      }
    }
    socket.on('close', () => mine.clear())
  }

  function judge(mine: Map<number, Sent>, adu: Buffer): void {
    const id = adu.readUInt16BE(0)
    const asked = mine.get(id)
    if (asked === undefined) return broken(`${name} got an answer to nothing that it asked: ${adu.toString('hex')}`)
    mine.delete(id)
    answered += 1
    const functionCode = adu.readUInt8(7)
    if (functionCode > 0x80 && adu.readUInt8(8) === 1) refused += 1
    if (adu.readUInt8(6) !== asked.unit || (functionCode & 0x7f) !== asked.pdu.readUInt8(0))
      return broken(`${name} asked ${asked.unit} ${asked.pdu.toString('hex')} and got ${adu.toString('hex')}`)
    const wrong = wrongValueIn(adu, asked)
    if (wrong !== undefined) broken(`${name} ${wrong}`)
  }

  function turn(): void {
    if (stopped) return
    clock.after(chance.between(0, 2 * pauseMs), turn)
    if (socket.destroyed || (mayMisbehave() && chance.happens(0.005))) {
      socket.destroy()
      sent = new Map()
      socket = connect(name)
      listen()
    }
    if (mayMisbehave() && chance.happens(0.002)) return socket.arrive(Buffer.from(chance.bytes(8)))
    const adus: Buffer[] = []
    for (let i = sent.size; i < depth; i++) {
      const asked = asks[habit](chance, breakers)
      do transaction = (transaction + 1) & 0xffff
      while (sent.has(transaction))
      sent.set(transaction, asked)
      const header = Buffer.from([transaction >> 8, transaction & 0xff, 0, 0, 0, 1 + asked.pdu.length, asked.unit])
      adus.push(Buffer.concat([header, asked.pdu]))
    }
    const bytes = Buffer.concat(adus)
    const cut = chance.below(bytes.length + 1)
    socket.arrive(bytes.subarray(0, cut))
    if (cut < bytes.length) socket.arrive(bytes.subarray(cut))
  }

  listen()
  clock.after(chance.between(0, pauseMs), turn)
  return { open: () => sent.size, answered: () => answered, refused: () => refused, stop: () => void (stopped = true) }
}
