/** CRC-16 of the serial line by table: another way than the gateway's, to the same number. 0 over a whole good frame. */
const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1
  return crc
})
export const crc = (bytes: Buffer): number => bytes.reduce((sum, byte) => (sum >>> 8) ^ (table[(sum ^ byte) & 0xff] ?? 0), 0xffff)

/** Address and PDU with the check behind them, its low byte first. */
export function withCrc(body: Buffer): Buffer {
  const check = crc(body)
  return Buffer.concat([body, Buffer.from([check & 0xff, check >> 8])])
}
