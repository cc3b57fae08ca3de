import type { Twin } from './breaker.ts'

/** A device's own reading of a PDU: shares nothing with the gateway's, so that a mistake there does not look right here. */
export function answerPdu(twin: Twin, pdu: Buffer): Buffer {
  const functionCode = pdu.readUInt8(0)
  const fail = (code: number): Buffer => Buffer.from([functionCode | 0x80, code])
  switch (functionCode) {
    case 3:
    case 4: {
      if (pdu.length !== 5) return fail(3)
      const quantity = pdu.readUInt16BE(3)
      const first = pdu.readUInt16BE(1) + 1
      if (quantity === 0 || quantity > 125) return fail(3)
      if (!twin.has(first, quantity)) return fail(2)
      return Buffer.concat([Buffer.from([functionCode, 2 * quantity]), registers(twin.read(first, quantity))])
    }
    case 6:
      if (pdu.length !== 5) return fail(3)
      return twin.write(pdu.readUInt16BE(1) + 1, [pdu.readUInt16BE(3)]) === 'written' ? pdu : fail(2)
    case 8:
      return pdu.length < 5 ? fail(3) : (diagnose(pdu) ?? fail(1))
    case 16: {
      if (pdu.length < 8 || pdu.length !== 6 + pdu.readUInt8(5) || pdu.readUInt8(5) !== 2 * pdu.readUInt16BE(3)) return fail(3)
      const values: number[] = []
      for (let at = 6; at < pdu.length; at += 2) values.push(pdu.readUInt16BE(at))
      return twin.write(pdu.readUInt16BE(1) + 1, values) === 'written' ? pdu.subarray(0, 5) : fail(2)
    }
    case 43:
      return encapsulated(twin, pdu) ?? fail(1)
    case 100:
      return scattered(twin, pdu) ?? fail(3)
    default:
      return fail(1)
  }
}

function registers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length)
  values.forEach((value, i) => bytes.writeUInt16BE(value, 2 * i))
  return bytes
}

/** Loop back, restart, clear and the counters; the counters of a virtual line are always 7. */
function diagnose(pdu: Buffer): Buffer | undefined {
  const sub = pdu.readUInt16BE(1)
  if (sub === 0 || sub === 1 || sub === 10 || sub === 20) return pdu
  if (sub >= 11 && sub <= 18) return Buffer.concat([pdu.subarray(0, 3), Buffer.from([0, 7])])
  return undefined
}

function encapsulated(twin: Twin, pdu: Buffer): Buffer | undefined {
  if (pdu.length < 3) return undefined
  const mei = pdu.readUInt8(1)
  if (mei === 14 && pdu.length === 4) return identify(twin, pdu.readUInt8(2))
  if (mei === 15 && pdu.length === 3) return Buffer.concat([Buffer.from([43, 15, 0]), dateBytes(new Date(Date.now() + twin.clockAheadMs))])
  if (mei !== 16 || pdu.length !== 11) return undefined
  const seconds = pdu.readUInt16BE(9)
  const at = Date.UTC(
    2000 + (pdu.readUInt8(4) & 0x7f),
    (pdu.readUInt8(5) & 0x0f) - 1,
    pdu.readUInt8(6) & 0x1f,
    pdu.readUInt8(7) & 0x1f,
    pdu.readUInt8(8) & 0x3f,
    0,
    seconds,
  )
  twin.clockAheadMs = at - Date.now()
  // The device answers with its own clock, which has gone on a little.
  return Buffer.concat([Buffer.from([43, 16, 0]), dateBytes(new Date(at + 2))])
}

function dateBytes(date: Date): Buffer {
  const ms = 1000 * date.getUTCSeconds() + date.getUTCMilliseconds()
  const day = date.getUTCDate() | ((date.getUTCDay() + 1) << 5)
  return Buffer.from([
    0,
    date.getUTCFullYear() - 2000,
    date.getUTCMonth() + 1,
    day,
    date.getUTCHours(),
    date.getUTCMinutes(),
    ms >> 8,
    ms & 0xff,
  ])
}

function identify(twin: Twin, code: number): Buffer {
  const objects = ['Schneider Electric', twin.product, twin.firmware]
  const parts = objects.flatMap((text, id) => [Buffer.from([id, text.length]), Buffer.from(text, 'latin1')])
  return Buffer.concat([Buffer.from([43, 14, code, 1, 0, 0, objects.length]), ...parts])
}

function scattered(twin: Twin, pdu: Buffer): Buffer | undefined {
  if (pdu.length < 6 || pdu.readUInt8(2) !== 4 || pdu.length !== 2 + pdu.readUInt8(1)) return undefined
  const values: number[] = []
  for (let at = 4; at < pdu.length; at += 2) {
    const number = pdu.readUInt16BE(at) + 1
    if (!twin.has(number, 1)) return Buffer.from([0xe4, 2])
    values.push(...twin.read(number, 1))
  }
  return Buffer.concat([pdu.subarray(0, 4), registers(values)])
}
