const CUT = ' (cut)'

/** A text in so many bytes of UTF-8; one that is cut says so, and never ends in half a character. */
export function cutBytes(text: string, room: number): string {
  if (Buffer.byteLength(text) <= room) return text
  const part = Buffer.from(text)
    .subarray(0, Math.max(0, room - CUT.length))
    .toString('utf8')
  return `${part.replace(/\uFFFD+$/, '')}${CUT}`
}

/** A header field: printable ASCII without spaces, at most 255 characters (RFC 5424, 6.2.4). */
export const printable = (text: string): string => text.replace(/[^\x21-\x7e]/g, '-').slice(0, 255) || '-'
