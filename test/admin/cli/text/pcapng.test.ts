import t from 'tap'
import { captureFile } from '../../../../src/admin/cli/text/pcapng.ts'
import { readPcapng } from '../../../support/pcapng.ts'

const adu = '000100000006010300640002'
const frame = (over: Partial<Parameters<ReturnType<typeof captureFile>['add']>[0]>) =>
  ({
    utcUs: 1_790_000_000_123_456,
    side: 'client',
    direction: 'request',
    framing: 'mbap',
    peer: '10.0.0.9:4711',
    hex: adu,
    comment: '',
    ...over,
  }) as const

/** The one's complement sum of a whole header and its checksum is all ones (RFC 1071). */
function sum(bytes: Buffer): number {
  let total = 0
  for (let at = 0; at < bytes.length; at += 2) total += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16)
  return total
}

t.test('a frame of an IPv4 client stands in a whole packet, with its time to the microsecond', (t) => {
  const file = captureFile('test')
  const { packets, linkTypes } = readPcapng(Buffer.concat([file.head, file.add(frame({ comment: 'scada-1' }))]))
  const [packet] = packets
  if (packet === undefined) return t.fail('no packet')
  t.same(linkTypes, [101, 250])
  t.match(packet, { utcUs: 1_790_000_000_123_456, comment: 'scada-1', interface: 0 })
  const { data } = packet
  t.equal(data.readUInt16BE(2), data.length)
  t.equal(sum(data.subarray(0, 20)), 0xffff)
  const pseudo = Buffer.concat([data.subarray(12, 20), Buffer.from([0, 6, 0, data.length - 20])])
  t.equal(sum(Buffer.concat([pseudo, data.subarray(20)])), 0xffff)
  t.same([data.readUInt16BE(20), data.readUInt16BE(22)], [4711, 502])
  t.equal(data.subarray(40).toString('hex'), adu)
  return t.end()
})

t.test('a client on IPv6 too', (t) => {
  const file = captureFile('test')
  const { packets } = readPcapng(Buffer.concat([file.head, file.add(frame({ peer: '2001:db8:20::5:4711' }))]))
  const data = packets[0]?.data ?? Buffer.alloc(0)
  t.equal(data.readUInt8(0) >> 4, 6)
  t.equal(data.readUInt16BE(4), data.length - 40)
  t.equal(data.subarray(8, 24).toString('hex'), '20010db8002000000000000000000005')
  t.equal(data.subarray(24, 40).toString('hex'), '00000000000000000000ffffc0000201')
  t.equal(data.subarray(60).toString('hex'), adu)
  t.end()
})

t.test('the two directions of a conversation keep their sequence numbers', (t) => {
  const file = captureFile('test')
  const all = [file.head, file.add(frame({})), file.add(frame({ direction: 'reply' })), file.add(frame({}))]
  const { packets } = readPcapng(Buffer.concat(all))
  t.same(
    packets.map(({ data }) => [data.readUInt32BE(24), data.readUInt32BE(28)]),
    [
      [1, 1],
      [1, 13],
      [13, 13],
    ],
  )
  t.end()
})

t.test('a frame of a serial line has the header of its link type: time, and whether the gateway sent it', (t) => {
  const file = captureFile('test')
  const rtu = { side: 'device', framing: 'rtu', peer: 'rs485-1', hex: '01030064000285d4' } as const
  const { packets } = readPcapng(Buffer.concat([file.head, file.add(frame(rtu)), file.add(frame({ ...rtu, direction: 'reply' }))]))
  t.same(
    packets.map(({ data }) => data[8]),
    [1, 2],
  )
  t.same([packets[0]?.data.readUInt32BE(0), packets[0]?.data.readUInt32BE(4)], [1_790_000_000, 123_456])
  t.equal(packets[0]?.data.subarray(12).toString('hex'), rtu.hex)
  t.end()
})
