import { X509Certificate } from 'node:crypto'
import { type Socket, connect as connectTcp, isIP } from 'node:net'
import { type TLSSocket, connect as connectTls } from 'node:tls'
import type { Clock } from '../platform/index.ts'
import { failed, failureOf } from './failure.ts'
import { CONNECT_MS } from './limits.ts'
import type { LinkFailure } from './link.ts'
import type { Receiver, SinkTls } from './settings.ts'

/** A connection to a receiver, plain or in TLS with its certificate checked, or where it failed. */
export function connect(receiver: Receiver, tls: SinkTls | 'none', clock: Clock): Promise<Socket | LinkFailure> {
  return new Promise((resolve) => {
    const socket = tls === 'none' ? connectTcp(receiver) : connectTls({ ...receiver, ...optionsOf(tls, receiver) })
    const fail = (failure: LinkFailure): void => {
      cancel()
      socket.on('error', () => undefined)
      socket.destroy()
      resolve(failure)
    }
    const cancel = clock.after(CONNECT_MS, () => fail(failed('route', `the receiver does not answer within ${CONNECT_MS / 1000} s`)))
    socket.once('error', (error: Error) => fail(failureOf(error, tls === 'none' ? 'route' : 'tls')))
    socket.once(tls === 'none' ? 'connect' : 'secureConnect', () => {
      const fault = tls === 'none' ? undefined : faultOf(socket as TLSSocket, tls)
      if (fault !== undefined) return fail(fault)
      cancel()
      socket.removeAllListeners('error')
      socket.setNoDelay(true)
      socket.setKeepAlive(true, 30_000)
      resolve(socket)
    })
  })
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
