import forge from 'node-forge'

/** Building blocks of DER over node-forge's ASN.1; bytes in and out are Uint8Array. */
type Node = forge.asn1.Asn1
const { asn1 } = forge
const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class

const binary = (bytes: Uint8Array): string => Buffer.from(bytes).toString('binary')
const primitive = (type: forge.asn1.Type, value: string): Node => asn1.create(UNIVERSAL, type, false, value)

export const sequence = (...of: readonly Node[]): Node => asn1.create(UNIVERSAL, asn1.Type.SEQUENCE, true, [...of])
export const setOf = (...of: readonly Node[]): Node => asn1.create(UNIVERSAL, asn1.Type.SET, true, [...of])
/** `[0] EXPLICIT` */
export const explicit0 = (node: Node): Node => asn1.create(CONTEXT_SPECIFIC, asn1.Type.NONE, true, [node])
export const implicit0Set = (...of: readonly Node[]): Node => asn1.create(CONTEXT_SPECIFIC, asn1.Type.NONE, true, [...of])
export const oid = (dotted: string): Node => primitive(asn1.Type.OID, asn1.oidToDer(dotted).getBytes())
export const octets = (bytes: Uint8Array): Node => primitive(asn1.Type.OCTETSTRING, binary(bytes))
export const integer = (value: number): Node => primitive(asn1.Type.INTEGER, asn1.integerToDer(value).getBytes())
export const nothing = (): Node => primitive(asn1.Type.NULL, '')
export const utf8 = (text: string): Node => primitive(asn1.Type.UTF8, forge.util.encodeUtf8(text))
/** As PKCS#12 writes names; node-forge makes UTF-16 of it. */
export const bmpString = (text: string): Node => primitive(asn1.Type.BMPSTRING, text)
/** DER that is there already. */
export const parsed = (der: Uint8Array): Node => asn1.fromDer(forge.util.createBuffer(binary(der)))
export const toBytes = (node: Node): Uint8Array => Buffer.from(asn1.toDer(node).getBytes(), 'binary')
