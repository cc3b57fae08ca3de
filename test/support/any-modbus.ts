import fc from 'fast-check'
import {
  type Address,
  type DateTime,
  type DiagnosticSubFunction,
  type Reply,
  type Request,
  diagnosticSubFunctions,
  toAddress,
} from '../../src/modbus/index.ts'

/** Arbitrary requests and replies within the bounds of the specification, one generator a function. */
const addressOf = (n: number): Address => {
  const address = toAddress(n)
  if (address === undefined) throw new Error(`${n} is no address`)
  return address
}
const word = fc.nat(0xffff)
const address = word.map(addressOf)
/** An address from which `count` more exist. */
const addressFor = (count: number): fc.Arbitrary<Address> => fc.nat(0x10000 - count).map(addressOf)

const span = (most: number): fc.Arbitrary<{ address: Address; quantity: number }> =>
  fc.integer({ min: 1, max: most }).chain((quantity) => addressFor(quantity).map((at) => ({ address: at, quantity })))
const values = (most: number): fc.Arbitrary<{ address: Address; values: number[] }> =>
  fc.array(word, { minLength: 1, maxLength: most }).chain((list) => addressFor(list.length).map((at) => ({ address: at, values: list })))

const days = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()
const date: fc.Arbitrary<DateTime> = fc
  .record({
    year: fc.integer({ min: 2000, max: 2127 }),
    month: fc.integer({ min: 1, max: 12 }),
    part: fc.double({ min: 0, max: 0.999, noNaN: true }),
    weekday: fc.nat(7),
    hour: fc.nat(23),
    minute: fc.nat(59),
    milliseconds: fc.nat(59_999),
    summerTime: fc.boolean(),
    invalid: fc.boolean(),
  })
  .map(({ part, ...rest }) => ({ ...rest, day: 1 + Math.floor(part * days(rest.year, rest.month)) }))

const bytes = (min: number, max: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: min, maxLength: max })
const words = (min: number, max: number): fc.Arbitrary<Uint8Array> =>
  fc.array(word, { minLength: min, maxLength: max }).map((list) => Uint8Array.from(list.flatMap((n) => [n >> 8, n & 0xff])))

const subFunctions = Object.keys(diagnosticSubFunctions).map((n) => Number(n) as DiagnosticSubFunction)
const diagnosticData = (sub: DiagnosticSubFunction): fc.Arbitrary<Uint8Array> => {
  if (sub === 0) return words(1, 125)
  if (sub === 1) return fc.constantFrom(Uint8Array.of(0, 0), Uint8Array.of(0xff, 0))
  if (sub === 3) return fc.nat(255).map((character) => Uint8Array.of(character, 0))
  return fc.constant(Uint8Array.of(0, 0))
}

const stretch = fc.record({ file: fc.integer({ min: 1, max: 0xffff }), record: fc.nat(9900), length: fc.integer({ min: 1, max: 5 }) })
const fileWrite = fc.record({ file: fc.integer({ min: 1, max: 0xffff }), record: fc.nat(9900), data: words(1, 5) })

type Of<K extends Request['kind']> = Request & { readonly kind: K }
const kind = <K extends Request['kind']>(name: K) => ({ kind: fc.constant(name) })

/** A generator for each function: one that is missing here does not compile. */
const generators: { readonly [K in Request['kind']]: fc.Arbitrary<Of<K>> } = {
  'read-coils': span(2000).map((at) => ({ kind: 'read-coils', ...at })),
  'read-discrete-inputs': span(2000).map((at) => ({ kind: 'read-discrete-inputs', ...at })),
  'read-holding-registers': span(125).map((at) => ({ kind: 'read-holding-registers', ...at })),
  'read-input-registers': span(125).map((at) => ({ kind: 'read-input-registers', ...at })),
  'write-single-coil': fc.record({ ...kind('write-single-coil'), address, on: fc.boolean() }),
  'write-single-register': fc.record({ ...kind('write-single-register'), address, value: word }),
  'read-exception-status': fc.record(kind('read-exception-status')),
  diagnostics: fc
    .constantFrom(...subFunctions)
    .chain((subFunction) => diagnosticData(subFunction).map((data) => ({ kind: 'diagnostics', subFunction, data }))),
  'get-comm-event-counter': fc.record(kind('get-comm-event-counter')),
  'get-comm-event-log': fc.record(kind('get-comm-event-log')),
  'write-multiple-coils': fc
    .array(fc.boolean(), { minLength: 1, maxLength: 1968 })
    .chain((list) => addressFor(list.length).map((at) => ({ kind: 'write-multiple-coils', address: at, values: list }))),
  'write-multiple-registers': values(123).map((at) => ({ kind: 'write-multiple-registers', ...at })),
  'report-server-id': fc.record(kind('report-server-id')),
  'read-file-record': fc.record({ ...kind('read-file-record'), stretches: fc.array(stretch, { minLength: 1, maxLength: 20 }) }),
  'write-file-record': fc.record({ ...kind('write-file-record'), writes: fc.array(fileWrite, { minLength: 1, maxLength: 14 }) }),
  'mask-write-register': fc.record({ ...kind('mask-write-register'), address, andMask: word, orMask: word }),
  'read-write-multiple-registers': fc.tuple(span(125), values(121)).map(([read, write]) => ({
    kind: 'read-write-multiple-registers',
    readAddress: read.address,
    readQuantity: read.quantity,
    writeAddress: write.address,
    values: write.values,
  })),
  'read-fifo-queue': fc.record({ ...kind('read-fifo-queue'), address }),
  'read-device-identification': fc.record({
    ...kind('read-device-identification'),
    code: fc.constantFrom(1, 2, 3, 4),
    objectId: fc.nat(255),
  }),
  'read-date-time': fc.record(kind('read-date-time')),
  'write-date-time': fc.record({ ...kind('write-date-time'), date }),
  'read-scattered-registers': fc.record({
    ...kind('read-scattered-registers'),
    number: fc.nat(255),
    addresses: fc.array(address, { minLength: 1, maxLength: 100 }),
  }),
}

export const anyRequest: fc.Arbitrary<Request> = fc.oneof(...Object.values(generators))

const zeroPadded = (quantity: number): fc.Arbitrary<Uint8Array> =>
  bytes(Math.ceil(quantity / 8), Math.ceil(quantity / 8)).map((packed) => {
    const used = quantity & 7
    if (used !== 0) packed[packed.length - 1] = (packed.at(-1) ?? 0) & ((1 << used) - 1)
    return packed
  })

/** Every function that can be generated. */
export const everyKind = Object.keys(generators)

/** A reply that a device may give to this request. */
export function anyReplyTo(request: Request): fc.Arbitrary<Reply> {
  const exception = fc.integer({ min: 1, max: 255 }).map((code): Reply => ({ kind: 'exception', code }))
  return fc.oneof({ weight: 5, arbitrary: goodReplyTo(request) }, exception)
}

function goodReplyTo(request: Request): fc.Arbitrary<Reply> {
  const registers = (count: number) => words(count, count).map((data): Reply => ({ kind: 'registers', registers: data }))
  switch (request.kind) {
    case 'read-coils':
    case 'read-discrete-inputs':
      return zeroPadded(request.quantity).map((bits) => ({ kind: 'bits', bits }))
    case 'read-holding-registers':
    case 'read-input-registers':
      return registers(request.quantity)
    case 'read-write-multiple-registers':
      return registers(request.readQuantity)
    case 'read-scattered-registers':
      return registers(request.addresses.length)
    case 'write-single-coil':
    case 'write-single-register':
    case 'write-multiple-coils':
    case 'write-multiple-registers':
    case 'mask-write-register':
    case 'write-file-record':
      return fc.constant({ kind: 'written' })
    case 'read-exception-status':
      return fc.nat(255).map((status) => ({ kind: 'exception-status', status }))
    case 'get-comm-event-counter':
      return fc.tuple(word, word).map(([status, count]) => ({ kind: 'event-counter', status, count }))
    case 'get-comm-event-log':
      return fc
        .tuple(word, word, word, bytes(0, 64))
        .map(([status, events, messages, log]) => ({ kind: 'event-log', status, events, messages, log }))
    case 'report-server-id':
      return bytes(0, 251).map((data) => ({ kind: 'server-id', data }))
    case 'read-file-record':
      return fc.tuple(...request.stretches.map(({ length }) => words(length, length))).map((records) => ({ kind: 'file-records', records }))
    case 'read-fifo-queue':
      return words(0, 31).map((list) => ({ kind: 'fifo-queue', values: list }))
    case 'diagnostics': {
      const counts = request.subFunction === 2 || (request.subFunction >= 11 && request.subFunction <= 18)
      return (counts ? words(1, 1) : fc.constant(request.data)).map((data) => ({ kind: 'diagnostics', data }))
    }
    case 'read-date-time':
    case 'write-date-time':
      return bytes(8, 8).map((clock) => ({ kind: 'date-time', bytes: clock }))
    case 'read-device-identification':
      return fc
        .record({
          conformity: fc.constantFrom(0x01, 0x02, 0x03, 0x81, 0x82, 0x83),
          moreFollows: fc.boolean(),
          nextObjectId: fc.nat(255),
          objects: fc.array(fc.record({ id: fc.nat(255), value: bytes(0, 20) }), { maxLength: 10 }),
        })
        .map((reply) => {
          const first = reply.objects[0] ?? { id: 0, value: Uint8Array.of(65) }
          const objects = request.code === 4 ? [{ ...first, id: request.objectId }] : reply.objects
          return { kind: 'device-identification', ...reply, objects }
        })
  }
}
