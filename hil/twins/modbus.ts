import type { Twin } from './breaker.ts'

/** A device's own reading of a PDU: shares nothing with the gateway's, so that a mistake there does not look right here. */
export function answerPdu(twin: Twin, pdu: Buffer): Buffer {
  const functionCode = pdu.readUInt8(0)
  const fail = (code: number): Buffer => Buffer.from([functionCode | 0x80, code])
  if (functionCode === 3 || functionCode === 4) {
    if (pdu.length !== 5) return fail(3)
    const quantity = pdu.readUInt16BE(3)
    if (quantity === 0 || quantity > 125) return fail(3)
    if (pdu.readUInt16BE(1) + quantity > 65536) return fail(2)
    const reply = Buffer.alloc(2 + 2 * quantity)
    reply.writeUInt8(functionCode, 0)
    reply.writeUInt8(2 * quantity, 1)
    twin.read(pdu.readUInt16BE(1) + 1, quantity).forEach((value, i) => reply.writeUInt16BE(value, 2 + 2 * i))
    return reply
  }
  if (functionCode === 6 && pdu.length === 5) {
    twin.write(pdu.readUInt16BE(1) + 1, [pdu.readUInt16BE(3)])
    return pdu
  }
  if (functionCode === 16 && pdu.length >= 8 && pdu.length === 6 + pdu.readUInt8(5)) {
    const values: number[] = []
    for (let at = 6; at < pdu.length; at += 2) values.push(pdu.readUInt16BE(at))
    twin.write(pdu.readUInt16BE(1) + 1, values)
    return pdu.subarray(0, 5)
  }
  if (functionCode === 43 && pdu.length === 4 && pdu.readUInt8(1) === 14) return identify(twin, pdu.readUInt8(2))
  return fail(functionCode === 16 || functionCode === 6 ? 3 : 1)
}

function identify(twin: Twin, code: number): Buffer {
  const objects = ['Schneider Electric', twin.product, 'V1.0']
  const parts = objects.flatMap((text, id) => [Buffer.from([id, text.length]), Buffer.from(text, 'latin1')])
  return Buffer.concat([Buffer.from([43, 14, code, 1, 0, 0, objects.length]), ...parts])
}
