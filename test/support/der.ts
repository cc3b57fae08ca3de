/** DER as bytes, for tests: what a library would not write must be possible here. */
export const tlv = (tag: number, ...of: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(of)
  const { length } = body
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : length < 0x10000 ? [0x82, length >> 8, length & 0xff] : undefined
  const long = head ?? [0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...long]), body])
}
export const seq = (...of: readonly Uint8Array[]): Buffer => tlv(0x30, ...of)
export const set = (...of: readonly Uint8Array[]): Buffer => tlv(0x31, ...of)
export const octets = (bytes: Uint8Array): Buffer => tlv(0x04, bytes)
export const bits = (bytes: Uint8Array, unused = 0): Buffer => tlv(0x03, Buffer.from([unused]), bytes)
/** Two's complement as it stands in hexadecimal. */
export const integer = (hex: string): Buffer => tlv(0x02, Buffer.from(hex, 'hex'))
export const small = (value: number): Buffer => integer(value.toString(16).padStart(2, '0'))
export const yes = tlv(0x01, Buffer.from([0xff]))
export const no = tlv(0x01, Buffer.from([0]))
export const utf8 = (text: string): Buffer => tlv(0x0c, Buffer.from(text))
export const printable = (text: string): Buffer => tlv(0x13, Buffer.from(text))
export const ia5 = (text: string, tag = 0x16): Buffer => tlv(tag, Buffer.from(text))
export const utcTime = (text: string): Buffer => tlv(0x17, Buffer.from(text))
export const generalizedTime = (text: string): Buffer => tlv(0x18, Buffer.from(text))
export const context = (tag: number, ...of: readonly Uint8Array[]): Buffer => tlv(0xa0 + tag, ...of)

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const arc = (value: number): number[] => {
    const out = [value & 0x7f]
    for (let left = Math.floor(value / 128); left > 0; left = Math.floor(left / 128)) out.unshift(0x80 | (left & 0x7f))
    return out
  }
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(arc)))
}

export const toPem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`
