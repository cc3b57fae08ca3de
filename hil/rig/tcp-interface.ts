import { type AddressInfo, type Socket, createServer } from 'node:net'
import type { Twin } from '../twins/breaker.ts'
import { answerPdu } from '../twins/modbus.ts'
import type { FrameLog } from './frame-log.ts'

export interface TcpRig {
  readonly port: number
  replyDelayMs: number
  mute: boolean
  /** Requests that the devices leave without a reply while they answer others. */
  ignores: (pdu: Buffer) => boolean
  /** When it ends connections: `after-answer`, or each at once, as one whose connections are all taken. */
  closing: 'never' | 'after-answer' | 'at-once'
  /** The unit id in its replies. */
  repliesAs: 'asked' | number
  /** Added to each transaction id that it returns. */
  transactionShift: number
  close(): Promise<void>
}

/** An Ethernet interface with one breaker behind it, on Modbus TCP. */
export function startTcpRig(bus: string, twins: ReadonlyMap<number, Twin>, frameLog: FrameLog): Promise<TcpRig> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    if (rig.closing === 'at-once') socket.end()
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    let pending = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 7 && pending.length >= 6 + pending.readUInt16BE(4)) {
        const adu = pending.subarray(0, 6 + pending.readUInt16BE(4))
        pending = pending.subarray(adu.length)
        answer(socket, adu)
      }
    })
  })

  function answer(socket: Socket, adu: Buffer): void {
    const twin = twins.get(adu.readUInt8(6))
    if (twin === undefined) return
    const pdu = adu.subarray(7)
    frameLog.write(bus, adu.readUInt8(6), pdu)
    const reply = answerPdu(twin, pdu)
    if (rig.mute || rig.ignores(pdu)) return
    const header = Buffer.from(adu.subarray(0, 7))
    header.writeUInt16BE(1 + reply.length, 4)
    header.writeUInt16BE((header.readUInt16BE(0) + rig.transactionShift) & 0xffff, 0)
    if (rig.repliesAs !== 'asked') header.writeUInt8(rig.repliesAs, 6)
    setTimeout(() => {
      socket.write(Buffer.concat([header, reply]))
      if (rig.closing === 'after-answer') socket.end()
    }, rig.replyDelayMs)
  }

  const rig: TcpRig & { port: number } = {
    port: 0,
    replyDelayMs: 0,
    mute: false,
    closing: 'never',
    repliesAs: 'asked',
    transactionShift: 0,
    ignores: () => false,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      rig.port = (server.address() as AddressInfo).port
      resolve(rig)
    })
  })
}
