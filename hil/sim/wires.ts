import type { OpenWire, WireEvents } from '../../src/bus/index.ts'
import type { Clock } from '../../src/platform/index.ts'
import { crc, withCrc } from '../twins/crc.ts'
import type { Chance } from './chance.ts'
import type { SimDevice } from './device.ts'

/** What a simulated world does to its wires and devices. All of it ends when `on` is false: then everything must settle. */
export type Faults = {
  on: boolean
  /** Devices send what answers nobody: stray bytes on a serial line, frames on a connection. */
  readonly floods: boolean
  /** Each device leaves one register without a reply. It goes on doing so when the faults have ended: that is what it is. */
  readonly mute: boolean
}

export type WireWorld = {
  readonly clock: Clock
  readonly chance: Chance
  readonly faults: Faults
  readonly devices: ReadonlyMap<number, SimDevice>
  readonly replyTimeoutMs: number
  /** Told of each broken rule. */
  readonly broken: (rule: string) => void
  /** A reply has come whole and in time. */
  readonly answered: (address: number) => void
}

/** How long a flood lasts, how long none comes after it, and how far apart its frames or bytes are, milliseconds. */
const FLOOD = { lasts: 2000, rests: 8000, everyMs: 50 } as const

/** Sends what nobody asked for, now and then. */
function flooding({ clock, chance, faults }: WireWorld, send: () => void): void {
  if (!faults.floods) return
  const wait = (): void => void clock.after(chance.between(0, 2 * FLOOD.rests), () => flood(clock.now() + FLOOD.lasts))
  const flood = (until: number): void => {
    if (!faults.on) return
    if (clock.now() >= until) return wait()
    send()
    clock.after(chance.between(0, 2 * FLOOD.everyMs), () => flood(until))
  }
  wait()
}

/** Opens late, or not at all while the faults are on; is lost now and then. */
function unreliable(events: WireEvents, { clock, chance, faults }: WireWorld) {
  const state = { open: false, closed: false, generation: 0 }
  const lose = (): void => {
    if (!state.open) return
    state.open = false
    state.generation += 1
    events.lost('pulled in the simulation')
  }
  const end = (): void => {
    if (!state.open) return
    state.open = false
    state.generation += 1
    events.ended()
  }
  return {
    state,
    lose,
    end,
    open: (): void => {
      clock.after(chance.between(1, 50), () => {
        if (state.closed) return
        if (faults.on && chance.happens(0.3)) return events.failed('not there in the simulation')
        state.open = true
        state.generation += 1
        events.opened()
        if (faults.on && chance.happens(0.7)) clock.after(chance.between(1000, 60_000), () => (faults.on ? lose() : undefined))
      })
    },
    /** Runs later, unless the wire was lost meanwhile. */
    later(ms: number, run: () => void): void {
      const { generation } = state
      clock.after(ms, () => {
        if (state.open && state.generation === generation) run()
      })
    },
    close: (): Promise<void> => {
      state.closed = true
      state.open = false
      return Promise.resolve()
    },
  }
}

/** A serial line on which replies are lost, late, doubled, foreign, broken and cut; two masters never talk at once. */
export const serialWire =
  (world: WireWorld, baud: number): OpenWire =>
  (events) => {
    const { clock, chance, faults, devices, replyTimeoutMs, broken } = world
    const characterMs = 11_000 / baud
    const gapMs = baud > 19200 ? 1.75 : 3.5 * characterMs
    const wire = unreliable(events, world)
    let busyUntil = -Infinity
    /** Until when a late reply of each device may still come. */
    const lateUntil = new Map<number, number>()

    /** What the gateway has seen or sent counts as the line's last character: it cannot know more. */
    function deliver(bytes: Buffer, afterMs: number, whole: () => void = () => undefined): void {
      const cut = chance.happens(0.3) ? 1 + chance.below(bytes.length) : bytes.length
      wire.later(afterMs + bytes.length * characterMs, whole)
      for (const [part, endsMs] of [
        [bytes.subarray(0, cut), cut * characterMs],
        [bytes.subarray(cut), bytes.length * characterMs],
      ] as const)
        if (part.length > 0)
          wire.later(afterMs + endsMs, () => {
            busyUntil = Math.max(busyUntil, clock.now())
            events.bytes(part)
          })
    }

    function reply(address: number, body: Buffer): void {
      const frame = withCrc(Buffer.concat([Buffer.from([address]), body]))
      const usualMs = gapMs + chance.between(2, 20)
      const whole = (): void => world.answered(address)
      if (!faults.on) return deliver(frame, usualMs, whole)
      const fault = chance.below(100)
      if (fault < 4) return // lost
      // Late, but not later than the device was given a second time: what comes after that no master can tell from the truth.
      if (fault < 8) {
        const afterMs = replyTimeoutMs * chance.between(0.9, 1.8)
        lateUntil.set(address, clock.now() + afterMs + frame.length * characterMs)
        return deliver(frame, afterMs)
      }
      // A second time, beginning before the shortest request after it is over: later it could not be told from that one's reply.
      if (fault < 11) deliver(frame, usualMs + (frame.length + chance.between(0, 7)) * characterMs + chance.between(0, gapMs))
      if (fault < 14) frame[chance.below(frame.length)] = chance.below(256)
      // Under another address, but not where a late reply answers the same question first: then this one comes when the next device is asked,
      // and nothing in it tells it from that device's own.
      if (fault < 16 && clock.now() >= (lateUntil.get(address) ?? 0))
        deliver(withCrc(Buffer.concat([Buffer.from([(address % 247) + 1]), body])), usualMs)
      if (fault < 18) deliver(Buffer.from(chance.bytes(1 + chance.below(6))), chance.between(0, usualMs))
      deliver(frame, usualMs)
    }

    return {
      open: wire.open,
      drop: wire.lose,
      close: wire.close,
      write(bytes) {
        if (!wire.state.open) return
        const frame = Buffer.from(bytes)
        const now = clock.now()
        if (now + 1e-6 < busyUntil + gapMs) broken(`a frame came ${(busyUntil + gapMs - now).toFixed(3)} ms before its silence was over`)
        busyUntil = now + frame.length * characterMs
        if (frame.length < 4 || crc(frame) !== 0) return broken(`a frame with a wrong CRC: ${frame.toString('hex')}`)
        const device = devices.get(frame.readUInt8(0))
        if (device === undefined) return
        const answer = device.answer(frame.subarray(1, -2))
        if (answer !== 'nothing') wire.later(busyUntil - now, () => reply(frame.readUInt8(0), answer))
      },
    }
  }

/** A TCP connection to an interface: replies are lost, late, doubled, merged and cut; the connection may be half-open. */
export const tcpWire =
  (world: WireWorld): OpenWire =>
  (events) => {
    const { clock, chance, faults, devices, replyTimeoutMs, broken } = world
    const wire = unreliable(events, world)
    let deafUntil = -Infinity
    let lastAt = 0

    /** TCP keeps the order of what was sent. */
    function deliver(bytes: Buffer, afterMs: number, whole: () => void = () => undefined): void {
      lastAt = Math.max(lastAt, clock.now() + afterMs)
      const cut = 1 + chance.below(bytes.length)
      wire.later(lastAt - clock.now(), () => {
        events.bytes(bytes.subarray(0, cut))
        if (cut < bytes.length && wire.state.open) events.bytes(bytes.subarray(cut))
        if (wire.state.open) whole()
      })
    }
    flooding(world, () => {
      const frames = Array.from({ length: 20 }, () => Buffer.from([...chance.bytes(2), 0, 0, 0, 5, 1 + chance.below(20), 3, 2, 0, 0]))
      if (wire.state.open) deliver(Buffer.concat(frames), 0)
    })

    function take(adu: Buffer): void {
      const device = devices.get(adu.readUInt8(6))
      if (device === undefined) return
      const pdu = device.answer(adu.subarray(7))
      if (pdu === 'nothing') return
      const reply = Buffer.concat([adu.subarray(0, 7), pdu])
      reply.writeUInt16BE(1 + pdu.length, 4)
      const askedAt = clock.now()
      // TCP keeps the order: behind one that is late all others are.
      const whole = (): void => (clock.now() < askedAt + replyTimeoutMs ? world.answered(adu.readUInt8(6)) : undefined)
      if (!faults.on) return deliver(reply, chance.between(0.2, 5), whole)
      const fault = chance.below(100)
      if (fault < 4 || clock.now() < deafUntil) return
      if (fault < 5) deafUntil = clock.now() + 5000 // half-open: nothing is heard, nothing is said
      if (fault < 9) return deliver(reply, replyTimeoutMs * chance.between(0.9, 2))
      if (fault < 12) deliver(reply, 1)
      if (fault < 14) reply.writeUInt16BE(chance.below(0x10000), 0)
      if (fault < 15) reply[6] = (reply.readUInt8(6) % 247) + 1
      if (fault < 15) return deliver(reply, chance.between(0.2, 20))
      // Some interfaces end the connection in order after an answer.
      if (fault < 16) return deliver(reply, chance.between(0.2, 20), wire.end)
      deliver(reply, chance.between(0.2, 20), whole)
    }

    return {
      open: wire.open,
      drop: wire.lose,
      close: wire.close,
      write(bytes) {
        if (!wire.state.open) return
        let rest = Buffer.from(bytes)
        while (rest.length >= 8 && rest.length >= 6 + rest.readUInt16BE(4)) {
          const length = 6 + rest.readUInt16BE(4)
          take(rest.subarray(0, length))
          rest = rest.subarray(length)
        }
        if (rest.length > 0) broken(`half a frame was written: ${rest.toString('hex')}`)
      },
    }
  }
