import fc from 'fast-check'
import t from 'tap'
import {
  addressOf,
  decodeRequest,
  encodeForDevice,
  encodeRequest,
  functionCodeOf,
  registerOf,
  toAddress,
  toRegisterNumber,
  toUnitId,
} from '../../src/modbus/index.ts'
import { anyRequest, everyKind } from '../support/any-modbus.ts'

/** Equal whatever the order of their keys. */
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a, inOrder) === JSON.stringify(b, inOrder)
const inOrder = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

t.test('what is encoded decodes to the same request, in at most 253 bytes [CR 3.5]', (t) => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(anyRequest, (request) => {
      seen.add(request.kind)
      const pdu = encodeForDevice(request)
      const decoded = decodeRequest(pdu)
      return pdu.length <= 253 && pdu[0] === functionCodeOf(request) && decoded.kind === 'request' && same(decoded.request, request)
    }),
    { numRuns: 5000 },
  )
  t.equal(seen.size, everyKind.length, 'every function was among them')
  t.end()
})

t.test('any bytes are decoded without throwing, and what decodes encodes to the same bytes, but for the padding of FC 15', (t) => {
  const codes = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 15, 16, 17, 20, 21, 22, 23, 24, 43, 100]
  const framed = fc
    .tuple(fc.constantFrom(...codes), fc.uint8Array({ maxLength: 252 }))
    .map(([code, rest]) => Uint8Array.from([code, ...rest]))
  const damaged = fc.tuple(anyRequest.map(encodeRequest), fc.nat(252), fc.nat(255)).map(([pdu, at, byte]) => {
    pdu[at % pdu.length] = byte
    return pdu
  })
  let requests = 0
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 253 }), framed, damaged), (pdu) => {
      const decoded = decodeRequest(pdu)
      if (decoded.kind !== 'request') return true
      requests += 1
      if (decoded.request.kind !== 'write-multiple-coils') return hex(encodeRequest(decoded.request)) === hex(pdu)
      const used = decoded.request.values.length & 7
      const padded = pdu.slice()
      if (used !== 0) padded[padded.length - 1] = (padded.at(-1) ?? 0) & ((1 << used) - 1)
      return hex(encodeRequest(decoded.request)) === hex(padded)
    }),
    { numRuns: 20_000 },
  )
  t.ok(requests > 1000, `${requests} of them were requests`)
  t.end()
})

t.test('one byte more or less than a request has is refused', (t) => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const pdu = encodeRequest(request)
      const longer = decodeRequest(Uint8Array.from([...pdu, 0]))
      const shorter = decodeRequest(pdu.subarray(0, -1))
      // A function code alone has nothing that could be cut off; FC 8/0 has any even length.
      return (
        pdu.length === 253 || (longer.kind === 'malformed' && longer.exception === 3 && (pdu.length === 1 || shorter.kind === 'malformed'))
      )
    }),
    { numRuns: 3000 },
  )
  t.end()
})

t.test('register numbers are addresses plus one', (t) => {
  const register = toRegisterNumber(8000)
  t.equal(register === undefined ? undefined : addressOf(register), 0x1f3f)
  const at = toAddress(0x2edf)
  t.equal(at === undefined ? undefined : registerOf(at), 12000)
  t.same(
    [0, 1, 247, 248, 1.5].map((n) => toUnitId(n) !== undefined),
    [false, true, true, false, false],
  )
  t.end()
})
