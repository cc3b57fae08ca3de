/** A failed handshake in words for an analyst; what OpenSSL or Node calls it stays readable when it is not in this table. */
const words: Readonly<Record<string, string>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'the client showed no certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed certificate, no known authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown authority in the chain',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown authority',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown authority',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  CERT_SIGNATURE_FAILURE: 'the signature of the certificate is wrong',
  INVALID_PURPOSE: 'the certificate, or an authority of it, is not for clients',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'TLS older than 1.2',
  ERR_SSL_VERSION_TOO_LOW: 'TLS older than 1.2',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not TLS: bytes in the clear, such as plain Modbus TCP, on a port for TLS',
  ERR_SSL_UNEXPECTED_MESSAGE: 'no TLS handshake, such as Modbus RTU on a port for TLS, or one whose messages are out of order',
  ERR_SSL_HTTP_REQUEST: 'not TLS: an HTTP request',
  ERR_SSL_NO_SHARED_CIPHER: 'no cipher suite in common',
  INVALID_CA: 'a certificate of the chain is not that of an authority',
  PATH_LENGTH_EXCEEDED: 'an authority of the chain may have no authority below it',
  CERT_UNTRUSTED: 'unknown authority',
  CERT_REVOKED: 'the certificate is revoked',
  CERT_CHAIN_TOO_LONG: 'the chain is too long',
  ERR_SSL_EXCESSIVE_MESSAGE_SIZE: 'the chain is too long',
  UNSPECIFIED: 'the certificate has a critical extension that is not known (a role must not be critical)',
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: 'no signature algorithm in common',
  ERR_SSL_NO_SUITABLE_KEY_SHARE: 'no key exchange group in common',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'the handshake took too long',
}

/** `authorizationError` says why a certificate was refused; without one, the error's own code does. */
export function handshakeFailure(errorCode: string | undefined, authorizationError: string | undefined): string {
  const code = authorizationError ?? errorCode ?? 'unknown'
  return words[code] ?? (code === 'ECONNRESET' ? 'the connection ended during the handshake' : code)
}
