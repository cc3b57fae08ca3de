import fc from 'fast-check'
import t from 'tap'
import {
  type Request,
  addressOf,
  decodeRequest,
  encodeRequest,
  registerOf,
  toAddress,
  toRegisterNumber,
  toUnitId,
} from '../../src/modbus/index.ts'

const address = fc.nat(0xffff).map((n) => toAddress(n) ?? 0) as fc.Arbitrary<never>
const word = fc.nat(0xffff)

/** Every request that exists, within the bounds of the specification. */
export const anyRequest: fc.Arbitrary<Request> = fc
  .oneof(
    fc.record({
      kind: fc.constantFrom('read-holding-registers', 'read-input-registers'),
      address,
      quantity: fc.integer({ min: 1, max: 125 }),
    }),
    fc.record({ kind: fc.constant('write-single-register'), address, value: word }),
    fc.record({ kind: fc.constant('write-multiple-registers'), address, values: fc.array(word, { minLength: 1, maxLength: 123 }) }),
    fc.record({ kind: fc.constant('read-device-identification'), code: fc.constantFrom(1, 2, 3, 4), objectId: fc.nat(255) }),
  )
  .map((request) => request as Request)
  .filter((request) => {
    const count = 'quantity' in request ? request.quantity : 'values' in request ? request.values.length : 1
    return !('address' in request) || request.address + count <= 0x10000
  })

t.test('what is encoded decodes to the same request [CR 3.5]', (t) => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const decoded = decodeRequest(encodeRequest(request))
      return decoded.kind === 'request' && JSON.stringify(decoded.request) === JSON.stringify(request)
    }),
    { numRuns: 2000 },
  )
  t.end()
})

t.test('any bytes are decoded without throwing, and what decodes encodes to the same bytes', (t) => {
  const framed = fc
    .tuple(fc.constantFrom(3, 4, 6, 16, 43), fc.uint8Array({ maxLength: 252 }))
    .map(([code, rest]) => Uint8Array.from([code, ...rest]))
  let requests = 0
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 253 }), framed, anyRequest.map(encodeRequest)), (pdu) => {
      const decoded = decodeRequest(pdu)
      if (decoded.kind !== 'request') return true
      requests += 1
      return Buffer.compare(encodeRequest(decoded.request), pdu) === 0
    }),
    { numRuns: 5000 },
  )
  t.ok(requests > 100, `${requests} of them were requests`)
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
