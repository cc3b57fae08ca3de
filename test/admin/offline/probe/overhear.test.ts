import t from 'tap'
import type { OpenWire, WireEvents } from '../../../../src/bus/index.ts'
import { crc16, encodeMbap } from '../../../../src/modbus/index.ts'
import { type Stray, describeStray, hintOfSilence, hintOfStray } from '../../../../src/admin/offline/probe/index.ts'
import { type Ear, serialEar, tcpEar } from '../../../../src/admin/offline/probe/overhear.ts'

/** A wire on which a test says what was sent and what came back. */
function wireWith(ear: Ear) {
  let told: WireEvents | undefined
  const bare: OpenWire = (events) => {
    told = events
    return { open: () => undefined, write: () => undefined, drop: () => undefined, close: () => Promise.resolve() }
  }
  const passed: string[] = []
  const wire = ear.on(bare)({
    opened: () => void passed.push('opened'),
    failed: () => void passed.push('failed'),
    bytes: (chunk) => void passed.push(Buffer.from(chunk).toString('hex')),
    ended: () => void passed.push('ended'),
    lost: () => void passed.push('lost'),
    warning: () => void passed.push('warning'),
  })
  told?.opened()
  return { passed, sends: (bytes: Uint8Array) => wire.write(bytes), hears: (bytes: Uint8Array) => told?.bytes(bytes) }
}

const read = Buffer.from('0300010001', 'hex')
const reply = Buffer.from('03020007', 'hex')
const tcp = (transaction: number, unit: number, pdu: Buffer): Uint8Array => encodeMbap({ transaction, unit, pdu })
const rtu = (unit: number, pdu: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from([unit]), pdu])
  const crc = crc16(body)
  return Buffer.concat([body, Buffer.from([crc & 0xff, crc >> 8])])
}

t.test('on Ethernet an answer that is none to the question is known by its unit and its transaction id', (t) => {
  const table: readonly (readonly [transaction: number, unit: number, strays: readonly Stray[], why: string])[] = [
    [2, 5, [], 'the reply'],
    [2, 255, [{ kind: 'other-unit', asked: 5, as: 255 }], 'as another unit'],
    [2, 0, [{ kind: 'other-unit', asked: 5, as: 0 }], 'as nobody'],
    [9, 5, [{ kind: 'other-transaction', unit: 5 }], 'with another id'],
    [1, 4, [{ kind: 'late', unit: 4 }], 'to the question before'],
  ]
  for (const [transaction, unit, strays, why] of table) {
    const ear = tcpEar()
    const { sends, hears, passed } = wireWith(ear)
    sends(tcp(1, 4, read))
    sends(tcp(2, 5, read))
    const bytes = tcp(transaction, unit, reply)
    hears(bytes.subarray(0, 3))
    hears(bytes.subarray(3))
    t.same(ear.strays(), strays, why)
    t.equal(passed.join(''), `opened${Buffer.from(bytes).toString('hex')}`, 'the line below hears all of it')
    t.equal(ear.opens(), 1)
  }
  t.end()
})

t.test('on a serial line it is known by its CRC; noise and echoes are nobody', (t) => {
  const table: readonly (readonly [bytes: Buffer, strays: readonly Stray[], why: string])[] = [
    [rtu(5, reply), [], 'the reply'],
    [Buffer.concat([rtu(5, read), rtu(5, reply)]), [], 'the reply behind the echo of the question'],
    [rtu(9, reply), [{ kind: 'other-unit', asked: 5, as: 9 }], 'as another unit'],
    [rtu(4, reply), [{ kind: 'late', unit: 4 }], 'to the question before'],
    [Buffer.from('00ff17a90305', 'hex'), [], 'noise'],
  ]
  for (const [bytes, strays, why] of table) {
    const ear = serialEar()
    const { sends, hears } = wireWith(ear)
    sends(rtu(4, read))
    sends(rtu(5, read))
    hears(bytes.subarray(0, 2))
    hears(bytes.subarray(2))
    t.same(ear.strays(), strays, why)
    sends(rtu(6, read))
    t.same(ear.strays(), strays, `${why}, with the next question`)
  }
  t.end()
})

t.test('strays and silence are told in words that fit the kind of line', (t) => {
  t.match(describeStray({ kind: 'other-unit', asked: 5, as: 255 }), 'something answered as unit 255 where unit 5 was asked')
  t.match(hintOfStray({ kind: 'other-unit', asked: 5, as: 255 }), '--units 255')
  t.notMatch(hintOfStray({ kind: 'other-unit', asked: 5, as: 0 }), /--units/)
  t.match(hintOfSilence('serial'), /A\/B/)
  t.notMatch(hintOfSilence('ethernet'), /A\/B|termination/)
  t.end()
})
