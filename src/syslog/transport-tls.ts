import { X509Certificate } from 'node:crypto'
import { type Socket, connect as connectTcp, isIP } from 'node:net'
import { type TLSSocket, connect as connectTls } from 'node:tls'
import type { Clock } from '../platform/index.ts'
import { failed, failureAfterOpening, failureOf } from './failure.ts'
import { CONNECT_MS } from './limits.ts'
import type { LinkFailure } from './link.ts'
import type { Receiver, SinkTls } from './settings.ts'

/** An open connection. `explain`: a failure of it, with what is known of its handshake. */
export type OpenSocket = { readonly socket: Socket; readonly explain: (failure: LinkFailure) => LinkFailure }

/** A connection to a receiver, plain or in TLS with its certificate checked, or where it failed. */
export function connect(receiver: Receiver, tls: SinkTls | 'none', clock: Clock): Promise<OpenSocket | LinkFailure> {
  return tls === 'none' ? connectPlain(receiver, clock) : connectInTls(receiver, tls, clock)
}

function connectPlain(receiver: Receiver, clock: Clock): Promise<OpenSocket | LinkFailure> {
  return new Promise((resolve) => {
    const socket = connectTcp(receiver)
    const settle = settleOnce(socket, resolve)
    const cancel = clock.deadline(CONNECT_MS, () => settle(noAnswer))
    socket.once('error', (error) => {
      cancel()
      settle(failureOf(error))
    })
    socket.once('connect', () => {
      cancel()
      settle({ socket, explain: (failure) => failure })
    })
  })
}

function connectInTls(receiver: Receiver, tls: SinkTls, clock: Clock): Promise<OpenSocket | LinkFailure> {
  return new Promise((resolve) => {
    const socket = connectTls({ ...receiver, ...optionsOf(tls, receiver) })
    const settle = settleOnce(socket, resolve)
    let reached = false
    const cancel = clock.deadline(CONNECT_MS, () => settle(reached ? noHandshake : noAnswer))
    socket.once('connect', () => void (reached = true))
    socket.once('error', (error: Error) => {
      cancel()
      settle(reached ? handshakeFailure(error, tls, asksForCertificate(socket)) : failureOf(error))
    })
    socket.once('secureConnect', () => {
      cancel()
      const asked = asksForCertificate(socket)
      settle(faultOf(socket, tls) ?? { socket, explain: (failure) => explain(failure, tls, asked) })
    })
  })
}

const seconds = CONNECT_MS / 1000
const noAnswer = failed('route', `the receiver does not answer within ${seconds} s`)
const noHandshake = failed('tls', `the receiver does not answer in TLS within ${seconds} s`)
const wantsOurs = failed('certificate', 'the receiver wants a certificate of the gateway: set certificate and key')

function settleOnce(socket: Socket, resolve: (result: OpenSocket | LinkFailure) => void) {
  return (result: OpenSocket | LinkFailure): void => {
    socket.removeAllListeners('error')
    if ('kind' in result) {
      socket.on('error', () => undefined)
      socket.destroy()
    } else {
      socket.setNoDelay(true)
      socket.setKeepAlive(true, 30_000)
    }
    resolve(result)
  }
}

/** TLS 1.2 has no alert of its own for a certificate that is missing: it is a failed handshake like others (RFC 5246, 7.4.6). */
function handshakeFailure(error: Error, tls: SinkTls, asked: boolean): LinkFailure {
  const code = 'code' in error ? String(error.code) : ''
  if (asked && tls.pair === 'none' && code.endsWith('_ALERT_HANDSHAKE_FAILURE')) return wantsOurs
  return failureAfterOpening(error, 'tls')
}

/**
 * In TLS 1.3 the handshake is over for the client before the receiver has seen its certificate (RFC 8446, 2): a receiver that wants one
 * ends the connection afterwards, and its alert may be lost in a reset.
 */
function explain(failure: LinkFailure, { pair }: SinkTls, asked: boolean): LinkFailure {
  if (!asked || failure.stage !== 'reply') return failure
  return pair === 'none' ? wantsOurs : failed('reply', `${failure.why}; it asked for the gateway's certificate and may not accept it`)
}

/** A server that asks for a certificate says which signature algorithms it takes of the client, and only then. */
function asksForCertificate(socket: TLSSocket): boolean {
  try {
    return socket.getSharedSigalgs().length > 0
  } catch {
    return false // it is closed already
  }
}

/** TLS 1.2 and 1.3 (RFC 5425 asks for 1.2; RFC 9662 renews its ciphers). */
function optionsOf({ trust, pair, serverName, ciphers }: SinkTls, { host }: Receiver) {
  const name = serverName === '' ? host : serverName
  return {
    minVersion: 'TLSv1.2' as const,
    ciphers,
    // A pinned certificate is compared whole, after the handshake; nothing else about it matters.
    rejectUnauthorized: trust.kind === 'authority',
    ...(trust.kind === 'authority' ? { ca: trust.pem } : {}),
    ...(pair === 'none' ? {} : { cert: pair.certificate, key: pair.key }),
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(serverName === '' ? {} : { host }),
  }
}

function faultOf(socket: TLSSocket, { trust }: SinkTls): LinkFailure | undefined {
  if (trust.kind === 'authority') return undefined // OpenSSL has judged it
  const shown = socket.getPeerX509Certificate()
  return shown?.fingerprint256 === new X509Certificate(trust.pem).fingerprint256
    ? undefined
    : failed('certificate', "the receiver's certificate is not the pinned one")
}
