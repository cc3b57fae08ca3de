import forge from 'node-forge'
import { type Role, toRole } from '../../policy/index.ts'

/** The Modbus role extension (MB-TCP-Security-v36, R-21). */
export const ROLE_OID = '1.3.6.1.4.1.50316.802.1'

export type RoleFound =
  { readonly kind: 'role'; readonly role: Role } | { readonly kind: 'none' } | { readonly kind: 'invalid'; readonly why: string }

const { asn1 } = forge
const UTF8_STRING = 0x0c
const EXTENSIONS = 3

/** Reads the role out of a certificate (DER, RSA or EC). The whole string is one role; two roles or another type of string are invalid. */
export function roleOf(der: Uint8Array): RoleFound {
  try {
    const certificate = asn1.fromDer(forge.util.createBuffer(Buffer.from(der).toString('binary')))
    const values = extensionsOf(certificate).filter((extension) => oidOf(extension) === ROLE_OID)
    if (values.length === 0) return { kind: 'none' }
    if (values.length > 1) return { kind: 'invalid', why: 'two roles in one certificate' }
    return decodeRole(values[0])
  } catch (error) {
    return { kind: 'invalid', why: `the certificate cannot be decoded: ${error instanceof Error ? error.message : String(error)}` }
  }
}

type Node = forge.asn1.Asn1
const children = (node: Node | undefined): Node[] => (Array.isArray(node?.value) ? node.value : [])

function extensionsOf(certificate: Node): Node[] {
  const tbs = children(certificate)[0]
  const wrapper = children(tbs).find((node) => node.tagClass === asn1.Class.CONTEXT_SPECIFIC && (node.type as number) === EXTENSIONS)
  return children(children(wrapper)[0])
}

function oidOf(extension: Node): string {
  const value = children(extension)[0]?.value
  return typeof value === 'string' ? asn1.derToOid(value) : ''
}

function decodeRole(extension: Node | undefined): RoleFound {
  // forge parses an OCTET STRING that looks like DER; the bytes as they were are what counts.
  const octets = children(extension).at(-1) as (Node & { readonly original?: Node }) | undefined
  const raw = octets === undefined ? '' : asn1.toDer(octets).getBytes()
  const content = Buffer.from(raw, 'binary')
  const inner = content.subarray(2)
  if (content.length < 4 || content[0] !== 0x04 || content[1] !== inner.length)
    return { kind: 'invalid', why: 'the role extension is not one short string' }
  if (inner[0] !== UTF8_STRING) return { kind: 'invalid', why: 'the role is not a UTF8String' }
  if (inner[1] !== inner.length - 2) return { kind: 'invalid', why: 'the length of the role is wrong' }
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(inner.subarray(2))
  const role = toRole(text)
  if (role !== undefined) return { kind: 'role', role }
  if (text === '') return { kind: 'invalid', why: 'the role is empty' }
  return { kind: 'invalid', why: /\p{Cc}/u.test(text) ? 'the role has control characters' : 'the role has more than 64 characters' }
}
