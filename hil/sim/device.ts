import type { Clock } from '../../src/platform/index.ts'

/** What a breaker at this address holds in a register: like no other register of any breaker, so that a mixed-up reply shows. */
export const valueOf = (address: number, register: number): number => (Math.imul(register, 40_503) ^ Math.imul(address, 31_337)) & 0xffff

/** Registers whose value never changes here; SCADA reads among them. */
export const STATIC = { from: 32_000, to: 32_249 } as const
const COMMAND = 8000
const RESULT = 8020
const MECHANISM_MS = 80
const IN_PROGRESS = 3

/** Some devices stay silent where others send exception 02: one register of each device here may be such a one. */
export const MUTE_REGISTER = 32_200

/** A simulated breaker with a reading of PDUs of its own. `operated` hears of each write, as the wire carried it. */
export interface SimDevice {
  answer(pdu: Buffer): Buffer | 'nothing'
}

export function simDevice(address: number, clock: Clock, operated: (address: number, pdu: Buffer) => void, mute: boolean): SimDevice {
  let command = 0
  let endsAt = 0

  function register(number: number): number {
    if (number === RESULT) return command
    if (number === RESULT + 1) return command !== 0 && clock.now() < endsAt ? IN_PROGRESS : 0
    return valueOf(address, number)
  }

  return {
    answer(pdu) {
      const functionCode = pdu.readUInt8(0)
      if ((functionCode === 3 || functionCode === 4) && pdu.length === 5) {
        const first = pdu.readUInt16BE(1) + 1
        const quantity = pdu.readUInt16BE(3)
        if (mute && first <= MUTE_REGISTER && first + quantity > MUTE_REGISTER) return 'nothing'
        const reply = Buffer.alloc(2 + 2 * quantity)
        reply.set([functionCode, 2 * quantity])
        for (let i = 0; i < quantity; i++) reply.writeUInt16BE(register(first + i), 2 + 2 * i)
        return reply
      }
      if (functionCode === 16 && pdu.length >= 8) {
        operated(address, pdu)
        if (pdu.readUInt16BE(1) + 1 === COMMAND) {
          command = pdu.readUInt16BE(6)
          endsAt = clock.now() + MECHANISM_MS
        }
        return pdu.subarray(0, 5)
      }
      if (functionCode !== 43 && functionCode !== 8) operated(address, pdu)
      return Buffer.from([functionCode | 0x80, 1])
    },
  }
}
