/** A frame of RELP: `TXNR SP COMMAND SP DATALEN [SP DATA] LF`. */
export type RelpFrame = { readonly transaction: number; readonly command: string; readonly data: string }

/** The protocol's own bounds: a transaction number has at most 9 digits, a command at most 32 letters. */
export const MAX_TRANSACTION = 999_999_999
const MAX_DATA_BYTES = 128 * 1024

export function encodeRelp({ transaction, command, data }: RelpFrame): Buffer {
  const length = Buffer.byteLength(data)
  return Buffer.from(`${transaction} ${command} ${length}${length === 0 ? '' : ` ${data}`}\n`, 'utf8')
}

/** The first frame in some bytes, and where it ends; `more` when it is not whole yet, `broken` when it can never be one. */
export function decodeRelp(bytes: Buffer): { readonly kind: 'frame'; readonly frame: RelpFrame; readonly end: number } | 'more' | 'broken' {
  const head = /^(\d{1,9}) ([a-z]{1,32}) (\d{1,9})(?=[ \n])/.exec(bytes.subarray(0, 64).toString('latin1'))
  if (head === null) return bytes.length >= 64 || (bytes.includes(0x0a) && bytes.length > 0) ? 'broken' : 'more'
  const [whole, transaction = '', command = '', size = ''] = head
  const length = Number(size)
  if (length > MAX_DATA_BYTES) return 'broken'
  const start = whole.length + (length === 0 && bytes[whole.length] !== 0x20 ? 0 : 1)
  const end = start + length + 1
  if (bytes.length < end) return 'more'
  if (bytes[end - 1] !== 0x0a) return 'broken'
  return { kind: 'frame', frame: { transaction: Number(transaction), command, data: bytes.subarray(start, end - 1).toString('utf8') }, end }
}
