/** One element of DER (X.690, 10): `whole` with its tag and length, `body` without. */
export type Element = { readonly tag: number; readonly body: Buffer; readonly whole: Buffer }

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  enumerated: 0x0a,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** Thrown by every function here for bytes that are not strict DER; whoever reads a whole thing catches it. */
export class DerFault extends Error {}

/** The elements that stand one behind the other in `bytes`. Lengths must be definite and as short as they can be. */
export function elementsIn(bytes: Buffer): Element[] {
  const found: Element[] = []
  for (let at = 0; at < bytes.length;) {
    const element = elementAt(bytes, at)
    found.push(element)
    at += element.whole.length
  }
  return found
}

/** The one element that `bytes` are: nothing may stand behind it. */
export function onlyElement(bytes: Buffer): Element {
  const element = elementAt(bytes, 0)
  if (element.whole.length !== bytes.length) throw new DerFault('there are bytes behind its end')
  return element
}

function elementAt(bytes: Buffer, at: number): Element {
  const tag = bytes[at] ?? -1
  const first = bytes[at + 1] ?? -1
  if (tag < 0 || first < 0) throw new DerFault('it ends too early')
  if ((tag & 0x1f) === 0x1f) throw new DerFault('a tag is not one of X.509')
  let start = at + 2
  let length = first
  if (first >= 0x80) {
    const size = first & 0x7f
    if (size === 0 || size > 4 || start + size > bytes.length) throw new DerFault('a length is not that of DER')
    length = bytes.readUIntBE(start, size)
    if (length < 0x80 || length < 2 ** (8 * (size - 1))) throw new DerFault('a length is not as short as it can be')
    start += size
  }
  if (start + length > bytes.length) throw new DerFault('it ends too early')
  return { tag, body: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) }
}

/** The elements inside of one that must have this tag. */
export const insideOf = (element: Element | undefined, tag: number): Element[] => elementsIn(bodyOf(element, tag))

export function bodyOf(element: Element | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new DerFault('it is not built as X.509 says')
  return element.body
}

/** An integer as the hexadecimal digits of its bytes, a sign bit included: equal texts are equal numbers. */
export function integerOf(element: Element | undefined): string {
  const body = bodyOf(element, TAG.integer)
  const [first = 0, second = 0] = body
  const padded = body.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
  if (body.length === 0 || padded) throw new DerFault('an integer is not as short as it can be')
  return body.toString('hex')
}

export const isNegative = (hex: string): boolean => /^[89a-f]/.test(hex)

export function oidOf(element: Element | undefined): string {
  const body = bodyOf(element, TAG.oid)
  const arcs: number[] = []
  let value = 0
  for (const byte of body) {
    value = value * 128 + (byte & 0x7f)
    if (byte >= 0x80) continue
    arcs.push(value)
    value = 0
  }
  const [head = 0, ...rest] = arcs
  const first = Math.min(Math.floor(head / 40), 2)
  return [first, head - first * 40, ...rest].join('.')
}

/** UTCTime or GeneralizedTime in the forms of RFC 5280, 4.1.2.5, with seconds, in UTC; milliseconds since 1970. */
export function timeOf(element: Element | undefined): number {
  const text = element?.body.toString('latin1') ?? ''
  const utc = element?.tag === TAG.utcTime && /^\d{12}Z$/.test(text)
  const general = element?.tag === TAG.generalizedTime && /^\d{14}Z$/.test(text)
  if (!utc && !general) throw new DerFault('a time is not written as RFC 5280 says')
  const digits = utc ? `${text < '5' ? '20' : '19'}${text}` : text
  const iso = digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const ms = Date.parse(iso)
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 19) !== iso.slice(0, 19)) throw new DerFault('a time is not one')
  return ms
}

export type Extension = { readonly id: string; readonly critical: boolean; readonly value: Buffer }

/** `Extensions` (RFC 5280, 4.1): not empty, none twice. */
export function extensionsOf(sequence: Element | undefined): Extension[] {
  const found = insideOf(sequence, TAG.sequence).map((one): Extension => {
    const parts = insideOf(one, TAG.sequence)
    const critical = parts.length === 3 ? bodyOf(parts[1], TAG.boolean) : Buffer.of()
    if (parts.length < 2 || parts.length > 3 || (parts.length === 3 && critical[0] !== 0xff))
      throw new DerFault('an extension is not built as X.509 says')
    return { id: oidOf(parts[0]), critical: parts.length === 3, value: bodyOf(parts.at(-1), TAG.octets) }
  })
  if (found.length === 0) throw new DerFault('it has an empty list of extensions')
  if (new Set(found.map(({ id }) => id)).size !== found.length) throw new DerFault('it has an extension twice')
  return found
}

/** What a function that reads DER makes of bytes, or why they are no DER. */
export function readDer<T>(read: () => T): T | { readonly kind: 'refused'; readonly why: string } {
  try {
    return read()
  } catch (error) {
    if (error instanceof DerFault) return { kind: 'refused', why: error.message }
    throw error
  }
}
