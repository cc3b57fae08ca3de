import { explicit0, implicit0Set, integer, oid, parsed, sequence, setOf, toBytes } from './der.ts'

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const DATA = '1.2.840.113549.1.7.1'

/** Certificates and nothing else in PKCS#7 (RFC 5652, 5: degenerate signed data), as EST sends them (RFC 7030, 4.1.3). */
export const certificatesOnly = (certificates: readonly Uint8Array[]): Uint8Array =>
  toBytes(
    sequence(
      oid(SIGNED_DATA),
      explicit0(sequence(integer(1), setOf(), sequence(oid(DATA)), implicit0Set(...certificates.map(parsed)), setOf())),
    ),
  )
