import fc from 'fast-check'
import t from 'tap'
import { crc16, encodeReply, matchReply, matchRtu, toAddress, toLineAddress } from '../../src/modbus/index.ts'
import { anyRequest } from './request.test.ts'

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const read = { kind: 'read-holding-registers', address: must(toAddress(0x2edf)), quantity: 2 } as const
const one = must(toLineAddress(1))

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a value of this test is wrong')
  return value
}

t.test('the CRC is that of the specification, and 0 over a whole frame', (t) => {
  t.equal(crc16(hex('010300000001')), 0x0a84)
  t.equal(crc16(hex('010300000001840a')), 0)
  t.not(crc16(hex('ffffffff')), 0)
  t.end()
})

t.test('a reply on the line is taken only when everything fits the request', (t) => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['the reply', '01030412345678' + '81' + '07', { kind: 'registers' }],
    ['from unit 2', '02030412345678b207', { kind: 'mismatch', why: 'address 2 answers 1' }],
    ['byte count 2 for 2 registers', '0103021234b533', { kind: 'mismatch' }],
    ['exception 02', '018302c0f1', { kind: 'exception', code: 2 }],
    ['a broken CRC', '010304123456780000', { kind: 'mismatch', why: 'CRC' }],
    ['the first bytes', '010304', 'incomplete'],
    ['a byte behind the end', '018302c0f100', { kind: 'mismatch' }],
  ]
  for (const [what, bytes, expected] of cases) {
    const whole = what === 'the reply' ? withCrc(hex(bytes).subarray(0, 7)) : hex(bytes)
    t.match(matchRtu(one, read, whole), expected, what)
  }
  t.end()
})

t.test('replies are made anew and read back the same; no reply makes the matcher throw', (t) => {
  fc.assert(
    fc.property(anyRequest, fc.uint8Array({ maxLength: 253 }), (request, noise) => {
      const registers = 'quantity' in request ? new Uint8Array(2 * request.quantity).fill(0xa5) : undefined
      if (registers !== undefined) {
        const back = matchReply(request, encodeReply(request, { kind: 'registers', registers }))
        if (back.kind !== 'registers' || Buffer.compare(back.registers, registers) !== 0) return false
      }
      const odd = matchReply(request, noise)
      return odd.kind === 'mismatch' || Buffer.compare(encodeReply(request, odd), noise) === 0
    }),
    { numRuns: 2000 },
  )
  t.end()
})

function withCrc(body: Buffer): Buffer {
  const crc = crc16(body)
  return Buffer.concat([body, Buffer.from([crc & 0xff, crc >> 8])])
}
