import t from 'tap'
import fc from 'fast-check'
import { findReply } from '../../src/bus/reply-among-bytes.ts'
import { crc16, toLineAddress } from '../../src/modbus/index.ts'
import { read } from '../support/requests.ts'

const address = toLineAddress(1) ?? never()
function never(): never {
  throw new Error('1 is an address')
}
function frame(...bytes: number[]): Uint8Array {
  const crc = crc16(Uint8Array.from(bytes))
  return Uint8Array.from([...bytes, crc & 0xff, crc >> 8])
}
const request = read(12_000, 2)
const reply = frame(1, 3, 4, 0x12, 0x34, 0x56, 0x78)

t.test('the reply is found among a few stray bytes, wherever they stand', (t) => {
  // Bytes that are no address of a device make no frame of their own around it.
  const stray = fc.uint8Array({ maxLength: 6 }).map((bytes) => bytes.map((byte) => (byte % 2 === 0 ? 0 : 0xff)))
  fc.assert(
    fc.property(stray, stray, (before, behind) => {
      const found = findReply(address, request, Uint8Array.from([...before, ...reply, ...behind]))
      return found.kind === 'found' && found.from === before.length && found.to === before.length + reply.length
    }),
  )
  t.end()
})

t.test('whatever is heard, what is taken has the address, the function, the length and the CRC of the reply', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const found = findReply(address, request, bytes)
      if (found.kind === 'not-yet') return true
      const taken = bytes.subarray(found.from, found.to)
      return taken[0] === 1 && crc16(taken) === 0 && (taken.length === 9 || (taken[1] === 0x83 && taken.length === 5))
    }),
    { numRuns: 2000 },
  )
  t.end()
})

t.test('what is ambiguous is not taken, and says so', (t) => {
  const other = frame(1, 3, 4, 0x12, 0x34, 0x56, 0x79)
  const within = frame(2, 3, reply.length, ...reply)
  for (const bytes of [Uint8Array.from([...reply, ...other]), within])
    t.match(findReply(address, request, bytes), { kind: 'not-yet', soFar: { reason: 'ambiguous' } })
  t.match(findReply(address, request, Uint8Array.from([...reply, ...reply])), { kind: 'found', from: 0 })
  t.end()
})
