import fc from 'fast-check'
import t from 'tap'
import { type Address, type LineAddress, crc16, encodeRtu, hiddenFrame, toAddress, toLineAddress } from '../../src/modbus/index.ts'

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('out of range')
  return value
}
const lineAddress = (n: number): LineAddress => there(toLineAddress(n))
const words = (bytes: readonly number[]): Address[] =>
  Array.from({ length: bytes.length / 2 }, (_, i) => there(toAddress(((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0))))
/** The ADU of FC 100/4 with these bytes for its list. */
const aduOf = (bytes: readonly number[], number = 7, unit = 3): Uint8Array =>
  encodeRtu(lineAddress(unit), { kind: 'read-scattered-registers', number, addresses: words(bytes) })
const whole = (hex: string): number[] => {
  const bytes = [...Buffer.from(hex.replaceAll(' ', ''), 'hex')]
  const crc = crc16(Uint8Array.from(bytes))
  return [...bytes, crc & 0xff, crc >> 8]
}

const writing: readonly (readonly [what: string, hex: string])[] = [
  ['FC 5', '01 05 0010 ff00'],
  ['FC 6', '01 06 1f3f 0001'],
  ['FC 6 to all', '00 06 1f3f 0001'],
  ['FC 15', '01 0f 0000 0008 01 ff'],
  ['FC 16', `01 10 1f3f 0014 28 ${'0388'.repeat(20)}`],
  ['FC 21', '01 15 09 06 0001 0001 0001 1234'],
  ['FC 22', '01 16 1f3f 0000 ffff'],
  ['FC 23', '01 17 0000 0001 1f3f 0001 02 0001'],
  ['FC 24', '01 18 0010'],
  ['FC 8/1', '01 08 0001 0000'],
  ['FC 8/4', '01 08 0004 0000'],
  ['FC 43/16', '01 2b 10 00 00 1a 0b 1c 0a 00 00 00'],
  ['FC 43/13', '01 2b 0d 00 00'],
  ['FC 65 of a manufacturer', '01 41 77'],
  ['FC 90', '01 5a 00 02'],
  ['FC 100/5', '01 64 02 05'],
  ['FC 110 without data', '01 6e'],
]
const reading: readonly string[] = [
  '01 01 0000 0001',
  '01 03 2ee0 0010',
  '01 04 0000 0001',
  '01 07',
  '01 08 0000 a537',
  '01 08 000c 0000',
  '01 0b',
  '01 11',
  '01 2b 0e 01 00',
  '01 2b 0f 00',
  '01 64 04 04 01 2ee0',
]

t.test('a whole frame that does more than read is found wherever it stands in the list [S-13]', (t) => {
  for (const [what, hex] of writing)
    for (let before = 0; before <= 12; before++)
      for (const behind of [2, 3, 8]) {
        const frame = whole(hex)
        const bytes = [...Array<number>(before).fill(0x2e), ...frame, ...Array<number>(behind).fill(0x2e)]
        if (bytes.length % 2 === 1) bytes.push(0x2e)
        const found = hiddenFrame(aduOf(bytes))
        if (found === 'none') t.fail(`${what} behind ${before} bytes`)
        else if (found.functionCode !== frame[1]) t.fail(`${what} is found as function ${found.functionCode}`)
      }
  for (const hex of reading)
    t.equal(hiddenFrame(aduOf([0x2e, 0xe0, ...whole(hex), ...(whole(hex).length % 2 === 1 ? [0x2e] : [])])), 'none', hex)
  t.end()
})

t.test('so is one whose CRC is that of the list itself', (t) => {
  // With this number and first address the CRC of all that is before the frame is what it starts from: both frames then end in one CRC.
  let made = 0
  for (let number = 0; number < 256 && made < 3; number++)
    for (let first = 0; first < 0x10000 && made < 3; first += 1) {
      if (crc16(Uint8Array.of(3, 100, 10, 4, number, first >> 8, first & 0xff)) !== 0xffff) continue
      made += 1
      const adu = aduOf([first >> 8, first & 0xff, 1, 6, 0x1f, 0x3f, 0, 1], number)
      t.same([...adu.subarray(-8)], whole('01 06 1f3f 0001'))
      t.match(hiddenFrame(adu), { from: 7, functionCode: 6 })
    }
  t.equal(made, 3)
  t.end()
})

t.test('lists as SCADA systems have them pass: registers of the documents, in order, on every address', (t) => {
  let looked = 0
  for (const first of [999, 1015, 1999, 7999, 8749, 11999, 12015, 15999, 31999, 32999])
    for (const count of [1, 2, 10, 21, 50, 100])
      for (const unit of [1, 2, 3, 4, 5, 10, 47, 100, 247]) {
        const list = Array.from({ length: count }, (_, i) => [(first + i) >> 8, (first + i) & 0xff]).flat()
        looked += 1
        t.equal(hiddenFrame(aduOf(list, 1, unit)), 'none', `${count} from ${first} of ${unit}`)
      }
  t.equal(looked, 540)
  t.end()
})

t.test('random lists: few are refused, and another order of one that is passes', (t) => {
  let refused = 0
  const runs = 3000
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 21, maxLength: 21 }), (list) => {
      const bytes = (addresses: readonly number[]): number[] => addresses.flatMap((address) => [address >> 8, address & 0xff])
      if (hiddenFrame(aduOf(bytes(list))) === 'none') return true
      refused += 1
      const orders = list.map((_, i) => [...list.slice(i), ...list.slice(0, i)])
      return orders.some((order) => hiddenFrame(aduOf(bytes(order))) === 'none')
    }),
    { numRuns: runs, seed: 17 },
  )
  t.ok(refused < runs / 100, `${refused} of ${runs} lists of 21`)
  t.end()
})
