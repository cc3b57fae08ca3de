import { type Socket, connect } from 'node:net'
import { type MbapState, encodeMbap, encodeRequest, matchReply, mbapStart, stepMbap } from '../modbus/index.ts'
import type { Request } from '../modbus/index.ts'
import type { Clock } from '../platform/index.ts'
import { CONNECT_MS, RECONNECT_MS } from './limits.ts'
import type { Exchanged, Line, Notice, Target } from './line.ts'

export type TcpSettings = { readonly host: string; readonly port: number }

type Open = {
  readonly target: Target
  readonly request: Request
  readonly transaction: number
  readonly end: (exchanged: Exchanged) => void
}

/** A Modbus TCP interface (IFE, EIFE): one connection, kept open, made again with growing pauses when it is lost. */
export function openTcpLine(settings: TcpSettings, clock: Clock, notice: (notice: Notice) => void): Line {
  const where = `${settings.host}:${settings.port}`
  let socket: Socket | 'none' = 'none'
  let stream: MbapState = mbapStart
  let open: Open | 'none' = 'none'
  let transaction = 0
  let retryMs: number = RECONNECT_MS.first
  let notBefore = clock.now()
  let down = false
  let closed = false

  function lost(why: string): void {
    socket = 'none'
    stream = mbapStart
    if (!down && !closed) notice({ kind: 'down', why })
    down = true
    notBefore = (clock.now() + retryMs) as typeof notBefore
    retryMs = Math.min(retryMs * 2, RECONNECT_MS.most)
    if (open !== 'none') open.end({ kind: 'no-reply', why: `the connection to ${where} was lost` })
  }

  function received(from: Socket, chunk: Uint8Array): void {
    const [next, outputs] = stepMbap(stream, chunk)
    stream = next
    for (const output of outputs) {
      if (output.kind === 'broken') {
        if (open !== 'none') notice({ kind: 'discarded', address: open.target.address, why: output.why })
        from.destroy()
        return
      }
      const { frame } = output
      if (open === 'none' || frame.transaction !== open.transaction) continue // late: its asker has its answer already
      const reply =
        frame.unit === open.target.address
          ? matchReply(open.request, frame.pdu)
          : ({ kind: 'mismatch', why: 'another unit answers' } as const)
      if (reply.kind === 'mismatch') notice({ kind: 'discarded', address: open.target.address, why: reply.why })
      else open.end({ kind: 'reply', reply })
    }
  }

  /** A connected socket, or why there is none. */
  function connected(): Promise<Socket | string> {
    if (socket !== 'none') return Promise.resolve(socket)
    if (clock.now() < notBefore) return Promise.resolve(`${where} could not be reached a moment ago`)
    return new Promise((resolve) => {
      const fresh = connect({ host: settings.host, port: settings.port, noDelay: true })
      let why = 'the connection ended'
      const cancel = clock.after(CONNECT_MS, () => fresh.destroy(new Error('no answer')))
      fresh.on('connect', () => {
        cancel()
        socket = fresh
        retryMs = RECONNECT_MS.first
        if (down) notice({ kind: 'up' })
        down = false
        resolve(fresh)
      })
      fresh.on('data', (chunk) => received(fresh, chunk))
      fresh.on('error', (error) => (why = error.message))
      fresh.on('close', () => {
        cancel()
        lost(`${where}: ${why}`)
        resolve(`${where}: ${why}`)
      })
    })
  }

  return {
    async exchange(target, request, stillHolds) {
      const to = await connected()
      if (typeof to === 'string') return { kind: 'unreachable', why: to }
      if (!stillHolds()) return { kind: 'withdrawn' }
      transaction = (transaction + 1) & 0xffff
      return new Promise((resolve) => {
        const cancel = clock.after(target.replyTimeoutMs, () => finish({ kind: 'no-reply', why: 'no valid reply in time' }))
        const finish = (exchanged: Exchanged): void => {
          cancel()
          open = 'none'
          resolve(exchanged)
        }
        open = { target, request, transaction, end: finish }
        to.write(encodeMbap({ transaction, unit: target.address, pdu: encodeRequest(request) }))
      })
    },
    close: () =>
      new Promise((resolve) => {
        closed = true
        if (socket === 'none') return resolve()
        socket.once('close', () => resolve())
        socket.destroy()
      }),
  }
}
