import type { LinkFailure, Stage } from './link.ts'

/** Codes of Node and OpenSSL, with what they mean for a person at this end. */
const known: Readonly<Record<string, readonly [Stage, string]>> = {
  ENOTFOUND: ['name', 'the name of the receiver cannot be looked up'],
  EAI_AGAIN: ['name', 'the name service does not answer'],
  ECONNREFUSED: ['route', 'nothing listens at this address and port'],
  ETIMEDOUT: ['route', 'the receiver does not answer'],
  EHOSTUNREACH: ['route', 'there is no way to this address'],
  ENETUNREACH: ['route', 'there is no way to this network'],
  ECONNRESET: ['route', 'the receiver ended the connection'],
  EPIPE: ['route', 'the receiver has ended the connection'],
  CERT_HAS_EXPIRED: ['certificate', "the receiver's certificate has ended"],
  CERT_NOT_YET_VALID: ['certificate', "the receiver's certificate is not valid yet: is the clock of this machine right?"],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['certificate', "the receiver's certificate is signed by itself: pin it, or name its authority"],
  SELF_SIGNED_CERT_IN_CHAIN: ['certificate', "the receiver's certificate is from an authority that is not in the file"],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['certificate', "the receiver's certificate is from an authority that is not in the file"],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['certificate', "the receiver's certificate is from an authority that is not in the file"],
  ERR_TLS_CERT_ALTNAME_INVALID: ['certificate', "the receiver's certificate is for another name: set server-name to what it has"],
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: ['certificate', 'the receiver wants a certificate of the gateway: set certificate and key'],
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: ['certificate', "the receiver does not accept the gateway's certificate"],
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: ['certificate', "the receiver does not accept the gateway's certificate"],
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: ['certificate', 'the receiver does not accept this kind of certificate of the gateway'],
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: ['certificate', "the gateway's certificate has ended: renew it"],
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: ['certificate', "the gateway's certificate is revoked"],
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: ['certificate', "the receiver knows the gateway's certificate and lets it not in"],
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: ['certificate', "the receiver does not know the authority of the gateway's certificate"],
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: ['tls', 'the receiver takes none of the versions and ciphers that are offered'],
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: ['tls', 'the receiver takes no version of TLS that is offered (1.2 or 1.3)'],
  ERR_SSL_WRONG_VERSION_NUMBER: ['tls', 'the receiver does not speak TLS at this port'],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['tls', 'the receiver does not speak TLS at this port'],
}

export const failed = (stage: Stage, why: string): LinkFailure => ({ kind: 'failed', stage, why })

/** The same on a connection that was open already: the way to the receiver was there, it is the receiver who ended it. */
export function failureAfterOpening(error: Error, stage: Stage = 'reply'): LinkFailure {
  const failure = failureOf(error, stage)
  return failure.stage === 'route' ? { ...failure, stage } : failure
}

/** An error of a socket in words, and where on the way it belongs. */
export function failureOf(error: Error, otherwise: Stage = 'route'): LinkFailure {
  // OpenSSL has renamed its alerts of the SSL 3 family in the course of time.
  const code = ('code' in error ? String(error.code) : '').replace('ERR_SSL_SSL/TLS_', 'ERR_SSL_SSLV3_')
  const found = known[code]
  if (found !== undefined) return failed(...found)
  return failed(code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') ? 'tls' : otherwise, error.message)
}
