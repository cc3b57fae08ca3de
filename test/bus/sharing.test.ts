import fc from 'fast-check'
import t from 'tap'
import { covers, isShareable, partOf } from '../../src/bus/sharing.ts'
import { type Request, matchReply, toAddress } from '../../src/modbus/index.ts'
import { anyRequest } from '../support/any-modbus.ts'

type Span = 'read-holding-registers' | 'read-input-registers' | 'read-coils' | 'read-discrete-inputs'
const span = (kind: Span, address: number, quantity: number): Request => ({ kind, address: toAddress(address) ?? must(), quantity })
function must(): never {
  throw new Error('a value of this test is wrong')
}

t.test('a read is covered by the same read and by a wider one of the same function, and by nothing else', (t) => {
  const wide = span('read-holding-registers', 100, 50)
  for (const [asked, expected] of [
    [span('read-holding-registers', 100, 50), true],
    [span('read-holding-registers', 120, 10), true],
    [span('read-holding-registers', 149, 1), true],
    [span('read-holding-registers', 149, 2), false],
    [span('read-holding-registers', 99, 2), false],
    [span('read-input-registers', 120, 10), false],
    [span('read-coils', 120, 10), false],
  ] as const)
    t.equal(covers(wide, asked), expected, JSON.stringify(asked))
  t.end()
})

t.test('what is cut out of a wider reply is what the device would have answered to the narrow read', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom<Span>('read-holding-registers', 'read-input-registers', 'read-coils', 'read-discrete-inputs'),
      fc.integer({ min: 0, max: 60_000 }),
      fc.integer({ min: 1, max: 125 }),
      fc.infiniteStream(fc.nat(0xffff)),
      fc.nat(),
      fc.nat(),
      (kind, address, quantity, values, from, length) => {
        const bits = kind === 'read-coils' || kind === 'read-discrete-inputs'
        const memory = Array.from({ length: quantity }, () => Number(values.next().value) & (bits ? 1 : 0xffff))
        const first = from % quantity
        const count = 1 + (length % (quantity - first))
        const wide = span(kind, address, quantity)
        const narrow = span(kind, address + first, count)
        const reply = matchReply(wide, pdu(kind, memory))
        const direct = matchReply(narrow, pdu(kind, memory.slice(first, first + count)))
        if (reply.kind === 'mismatch') throw new Error(reply.why)
        t.ok(covers(wide, narrow))
        t.same(bytesOf(partOf(wide, reply, narrow)), bytesOf(direct))
      },
    ),
    { numRuns: 200 },
  )
  t.end()
})

t.test('an exception to a wider read is no answer to a narrow one; to the same read it is', (t) => {
  const wide = span('read-holding-registers', 100, 50)
  const exception = { kind: 'exception', code: 2 } as const
  t.equal(partOf(wide, exception, span('read-holding-registers', 110, 2)), 'ask-alone')
  t.same(partOf(wide, exception, span('read-holding-registers', 100, 50)), exception)
  t.end()
})

t.test('nothing that changes a device, pops a queue or counts is ever shared', (t) => {
  const shared = new Set<string>()
  fc.assert(
    fc.property(anyRequest, (request) => (isShareable(request) ? shared.add(request.kind) : shared, true)),
    { numRuns: 2000 },
  )
  t.same([...shared].sort(), [
    'read-coils',
    'read-date-time',
    'read-device-identification',
    'read-discrete-inputs',
    'read-holding-registers',
    'read-input-registers',
    'read-scattered-registers',
    'report-server-id',
  ])
  t.end()
})

function pdu(kind: Span, memory: readonly number[]): Uint8Array {
  const code = { 'read-coils': 1, 'read-discrete-inputs': 2, 'read-holding-registers': 3, 'read-input-registers': 4 }[kind]
  if (code > 2) return Uint8Array.from([code, 2 * memory.length, ...memory.flatMap((value) => [value >> 8, value & 0xff])])
  const bytes = Array.from({ length: Math.ceil(memory.length / 8) }, (_, i) =>
    memory.slice(8 * i, 8 * i + 8).reduce((byte, bit, at) => byte | (bit << at), 0),
  )
  return Uint8Array.from([code, bytes.length, ...bytes])
}

function bytesOf(reply: unknown): string {
  const { kind, registers, bits } = reply as { kind: string; registers?: Uint8Array; bits?: Uint8Array }
  return `${kind} ${Buffer.from(registers ?? bits ?? []).toString('hex')}`
}
