import type { Clock } from '../platform/index.ts'
import { failed, failureOf } from './failure.ts'
import { CONNECT_MS } from './limits.ts'
import type { LinkFailure } from './link.ts'
import type { Receiver, SinkTls, SinkTransport } from './settings.ts'
import { type OpenSocket, connect } from './transport-tls.ts'
import { syslogClient } from './whole-messages.ts'

/** An open connection, and how a message with its framing gets into it. */
export type Stream = OpenSocket & { readonly write: (framed: string) => void }

export function openStreamTo(
  transport: Extract<SinkTransport, { kind: 'tcp' | 'tls' }>,
  receiver: Receiver,
  clock: Clock,
): Promise<Stream | LinkFailure> {
  return transport.kind === 'tcp' ? openPlain(receiver, clock) : openTls(transport.tls, receiver, clock)
}

async function openTls(tls: SinkTls, receiver: Receiver, clock: Clock): Promise<Stream | LinkFailure> {
  const opened = await connect(receiver, tls, clock)
  return 'kind' in opened ? opened : { ...opened, write: (text) => void opened.socket.write(text) }
}

/** The package opens and owns the connection; its time-out of ten idle seconds is not for us. */
function openPlain(receiver: Receiver, clock: Clock): Promise<Stream | LinkFailure> {
  const client = syslogClient(receiver, 'tcp')
  client.on('error', () => undefined) // also arrives at the socket
  return new Promise((resolve) => {
    const cancel = clock.deadline(CONNECT_MS, () => {
      client.close()
      resolve(failed('route', `the receiver does not answer within ${CONNECT_MS / 1000} s`))
    })
    client.getTransport((error, socket) => {
      cancel()
      if (error != null) return resolve(failureOf(error))
      socket.setTimeout(0)
      socket.setNoDelay(true)
      resolve({ socket, write: (text) => void client.log(text, () => undefined), explain: (failure) => failure })
    })
  })
}
