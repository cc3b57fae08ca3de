import type { Socket } from 'node:net'
import type { Cancel, Clock } from '../platform/index.ts'
import { failed, failureOf } from './failure.ts'
import { CHECKPOINT, CONNECT_MS, ORDERLY_END_MS } from './limits.ts'
import type { Link, LinkFailure, LinkNotices } from './link.ts'
import type { Framing, Receiver, SinkTransport } from './settings.ts'
import { connect } from './transport-tls.ts'
import { syslogClient } from './whole-messages.ts'

/** An open connection, and how a message gets into it. */
type Connection = { readonly socket: Socket; readonly write: (framed: string) => void }

/** A message on a stream: its length before it (RFC 6587, 3.4.1; RFC 5425, 4.3), or a line feed behind it. */
const framed = (message: string, framing: Framing): string =>
  framing === 'newline' ? `${message}\n` : `${Buffer.byteLength(message)} ${message}`

/**
 * Syslog over TCP (RFC 6587) or TLS (RFC 5425). A write that succeeded means no more than that the kernel has it. So after so many
 * messages this side ends the connection and waits until the other has read all of it and ends its own in order: only that is delivery.
 */
export async function openStream(
  transport: Extract<SinkTransport, { kind: 'tcp' | 'tls' }>,
  receiver: Receiver,
  clock: Clock,
  notices: LinkNotices,
): Promise<Link | LinkFailure> {
  const framing = transport.kind === 'tcp' ? transport.framing : 'octet-counting'
  const open = (): Promise<Connection | LinkFailure> =>
    transport.kind === 'tcp' ? openPlain(receiver, clock) : openTls(transport.tls, receiver, clock)
  const first = await open()
  if ('kind' in first) return first
  let connection: Connection | 'between' = first
  let [sent, confirmed, over] = [0, 0, false]
  let checkpointing: Promise<'delivered' | 'not-delivered'> | 'no' = 'no'
  let cancel: Cancel = () => undefined

  function end(failure: LinkFailure): void {
    cancel()
    if (over) return
    over = true
    if (connection !== 'between') connection.socket.destroy()
    notices.ended(failure)
  }

  function watch({ socket }: Connection): void {
    socket.resume()
    socket.on('error', (error) => end(failureOf(error)))
    socket.on('close', () => {
      if (checkpointing !== 'no' || over) return
      if (sent > confirmed) return end(failed('reply', 'the receiver ended the connection before ours'))
      // It had everything: some receivers end idle connections.
      checkpointing = reopen()
        .then(() => 'delivered' as const)
        .finally(() => void (checkpointing = 'no'))
    })
  }
  watch(first)

  async function reopen(): Promise<void> {
    connection = 'between'
    const next = await open()
    if (over) return void ('kind' in next ? undefined : next.socket.destroy())
    if ('kind' in next) return end(next)
    connection = next
    watch(next)
  }

  async function checkpoint(): Promise<'delivered' | 'not-delivered'> {
    cancel()
    if (over) return 'not-delivered'
    if (sent === confirmed || connection === 'between') return 'delivered'
    const upTo = sent
    const orderly = await endInOrder(connection.socket, clock)
    if (over) return 'not-delivered'
    if (orderly !== 'in-order') {
      end(orderly)
      return 'not-delivered'
    }
    confirmed = upTo
    notices.delivered(upTo)
    await reopen()
    return 'delivered'
  }

  function startCheckpoint(): Promise<'delivered' | 'not-delivered'> {
    if (checkpointing === 'no') checkpointing = checkpoint().finally(() => void (checkpointing = 'no'))
    return checkpointing
  }

  return {
    async send(message) {
      while (checkpointing !== 'no') await checkpointing
      if (over || connection === 'between') return
      if (sent === confirmed) cancel = clock.after(CHECKPOINT.ms, () => void startCheckpoint())
      sent += 1
      connection.write(framed(message, framing))
      if (sent - confirmed >= CHECKPOINT.events) await startCheckpoint()
      else if (connection.socket.writableNeedDrain) await drained(connection.socket)
    },
    settle: startCheckpoint,
    close() {
      over = true
      cancel()
      if (connection !== 'between') connection.socket.destroy()
    },
  }
}

async function openTls(tls: Parameters<typeof connect>[1], receiver: Receiver, clock: Clock): Promise<Connection | LinkFailure> {
  const socket = await connect(receiver, tls, clock)
  return 'kind' in socket ? socket : { socket, write: (text) => void socket.write(text) }
}

/** The package opens and owns the connection; its time-out of ten idle seconds is not for us. */
function openPlain(receiver: Receiver, clock: Clock): Promise<Connection | LinkFailure> {
  const client = syslogClient(receiver, 'tcp')
  client.on('error', () => undefined) // also arrives at the socket
  return new Promise((resolve) => {
    const cancel = clock.after(CONNECT_MS, () => {
      client.close()
      resolve(failed('route', `the receiver does not answer within ${CONNECT_MS / 1000} s`))
    })
    client.getTransport((error, socket) => {
      cancel()
      if (error != null) return resolve(failureOf(error))
      socket.setTimeout(0)
      socket.setNoDelay(true)
      resolve({ socket, write: (text) => void client.log(text, () => undefined) })
    })
  })
}

const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })

/** Our end, then the other's: it has read everything. Any other order, a reset or silence means that nobody knows. */
function endInOrder(socket: Socket, clock: Clock): Promise<'in-order' | LinkFailure> {
  return new Promise((resolve) => {
    let [ours, fault]: [boolean, LinkFailure | 'none'] = [false, 'none']
    const cancel = clock.after(ORDERLY_END_MS, () =>
      finish(failed('reply', `the receiver did not end the connection within ${ORDERLY_END_MS / 1000} s of ours`)),
    )
    const finish = (result: 'in-order' | LinkFailure): void => {
      cancel()
      socket.off('end', onEnd).off('error', onError).off('close', onClose)
      socket.on('error', () => undefined)
      socket.destroy()
      resolve(result)
    }
    const onEnd = (): void => {
      if (!ours) fault = failed('reply', 'the receiver ended the connection before ours')
    }
    const onError = (error: Error): void => void (fault = failureOf(error, 'reply'))
    const onClose = (): void =>
      finish(fault === 'none' ? (socket.readableEnded && ours ? 'in-order' : failed('reply', 'the connection broke off')) : fault)
    socket.on('end', onEnd).on('error', onError).on('close', onClose)
    if (socket.readableEnded || socket.destroyed) return finish(failed('reply', 'the receiver ended the connection before ours'))
    socket.end(() => void (ours = true))
  })
}
