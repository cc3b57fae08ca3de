/** A reader of pcapng of a few lines, for the little-endian files that are written here. */
export type Captured = { readonly interface: number; readonly utcUs: number; readonly data: Buffer; readonly comment: string }

export function readPcapng(bytes: Buffer): { readonly linkTypes: number[]; readonly packets: Captured[] } {
  const linkTypes: number[] = []
  const packets: Captured[] = []
  for (let at = 0; at < bytes.length;) {
    const type = bytes.readUInt32LE(at)
    const length = bytes.readUInt32LE(at + 4)
    if (bytes.readUInt32LE(at + length - 4) !== length) throw new Error(`block at ${at} ends with another length`)
    if (type === 1) linkTypes.push(bytes.readUInt16LE(at + 8))
    if (type === 6) {
      const size = bytes.readUInt32LE(at + 20)
      const options = at + 28 + 4 * Math.ceil(size / 4)
      const commented = options < at + length - 4 && bytes.readUInt16LE(options) === 1
      packets.push({
        interface: bytes.readUInt32LE(at + 8),
        utcUs: bytes.readUInt32LE(at + 12) * 0x1_0000_0000 + bytes.readUInt32LE(at + 16),
        data: bytes.subarray(at + 28, at + 28 + size),
        comment: commented ? bytes.subarray(options + 4, options + 4 + bytes.readUInt16LE(options + 2)).toString('utf8') : '',
      })
    }
    at += length
  }
  return { linkTypes, packets }
}
