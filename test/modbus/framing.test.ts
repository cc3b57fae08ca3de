import t from 'tap'
import { encodeMbap, framingOf, mbapStart, stepMbap, toLineAddress, toAddress, encodeRtu } from '../../src/modbus/index.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')

t.test('bytes that are no Modbus TCP are named by what they look like; those that are Modbus TCP are not', (t) => {
  const address = toAddress(0x2edf)
  const unit = toLineAddress(1)
  if (address === undefined || unit === undefined) throw new Error('both exist')
  const rtu = encodeRtu(unit, { kind: 'read-holding-registers', address, quantity: 10 })
  const table: readonly (readonly [bytes: Uint8Array, framing: string, why: string])[] = [
    [hex('03 0000 0002'), 'bare-pdu', 'the PDU of a read'],
    [hex('03 0000 0002 03 0000 0002'), 'bare-pdu', 'and once more'],
    [hex('10 1f3f 0001 02 0001'), 'bare-pdu', 'the PDU of a write'],
    [hex('01 03 0000 0002'), 'unit-and-pdu', 'a unit before it'],
    [hex('01 03 0000 0002 01 03 0000 0002'), 'unit-and-pdu', 'and once more'],
    [rtu, 'rtu', 'a serial frame'],
    [Buffer.concat([rtu, rtu]), 'rtu', 'and once more'],
    [hex('01 03 02 0001 7984'), 'rtu', 'a serial reply'],
    [ascii(':010300000002FA\r\n'), 'ascii', 'the other serial mode'],
    [hex('16 0301 00c8 01'), 'tls', 'a ClientHello'],
    [ascii('GET / HTTP/1.1'), 'http', 'a browser'],
    [ascii('SSH-2.0-OpenSSH'), 'ssh', 'a scanner'],
    [hex('0001 0000 0006 01 03 0000 0001'), 'unknown', 'a whole frame'],
    [hex('0001 0000 00'), 'unknown', 'the beginning of a header'],
    [hex('0001 0000 0006'), 'unknown', 'a header without its unit'],
    [hex('1603 0000 0006 01 03 0000 0001'), 'unknown', 'a transaction id like the first bytes of TLS'],
    [hex('0600 0000 0006 01 03 0000 0001'), 'unknown', 'a transaction id like a function code'],
    [hex('0001 0001 0006 01 03 0000 0001'), 'unknown', 'a protocol id that is not 0'],
    [hex('01 03 0000 0002 0000'), 'unknown', 'a CRC that is wrong'],
    [hex('07'), 'unknown', 'one byte says nothing'],
    [new Uint8Array(0), 'unknown', 'nothing'],
  ]
  for (const [bytes, framing, why] of table) t.equal(framingOf(bytes), framing, why)
  const alike = Array.from({ length: 0x10000 }, (_, transaction) => encodeMbap({ transaction, unit: 1, pdu: hex('03 2edf 0002') }))
  t.ok(alike.filter((adu) => framingOf(adu) === 'rtu').length <= 2, 'a good frame has a CRC in it by chance only')
  t.end()
})

t.test('a stream that cannot be framed is told with what it looks like', (t) => {
  const whyOf = (bytes: Uint8Array): string => {
    const [, [output]] = stepMbap(mbapStart, bytes)
    return output?.kind === 'broken' ? output.why : 'not broken'
  }
  t.match(whyOf(hex('06 0001 0005')), /^protocol id 256 is not 0; looks like a PDU without MBAP header$/)
  t.match(whyOf(hex('03 0000 0002 03 0000 0002')), /^length 515 is not 2 to 254; looks like a PDU without MBAP header$/)
  t.match(whyOf(hex('16 0301 00c8 01')), /looks like a TLS handshake: this port takes Modbus in the clear$/)
  t.match(whyOf(ascii(':010300000002FA\r\n')), /looks like Modbus ASCII/)
  t.match(whyOf(hex('01 03 2edf 000a fd1f')), /^protocol id/)
  t.equal(whyOf(hex('0001 0001 0006 01 03 0000 0001')), 'protocol id 1 is not 0')
  t.end()
})
