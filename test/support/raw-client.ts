import type { Socket } from 'node:net'

/** A Modbus TCP client of a few lines for what `modbus-serial` does not speak; its framing is its own. */
export interface RawClient {
  /** Sends one PDU in hex and resolves with the PDU that answers it, in hex. */
  ask(unit: number, pdu: string): Promise<string>
  close(): void
}

export function rawClient(socket: Socket): RawClient {
  const waiting = new Map<number, (pdu: string) => void>()
  let transaction = 0
  let pending = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 7 && pending.length >= 6 + pending.readUInt16BE(4)) {
      const length = 6 + pending.readUInt16BE(4)
      const tell = waiting.get(pending.readUInt16BE(0))
      waiting.delete(pending.readUInt16BE(0))
      tell?.(pending.subarray(7, length).toString('hex'))
      pending = pending.subarray(length)
    }
  })
  socket.on('close', () => {
    for (const tell of waiting.values()) tell('closed')
  })
  return {
    ask: (unit, pdu) =>
      new Promise((resolve) => {
        transaction = (transaction + 1) & 0xffff
        waiting.set(transaction, resolve)
        const body = Buffer.from(pdu.replace(/ /g, ''), 'hex')
        const header = Buffer.alloc(7)
        header.writeUInt16BE(transaction, 0)
        header.writeUInt16BE(1 + body.length, 4)
        header.writeUInt8(unit, 6)
        socket.write(Buffer.concat([header, body]))
      }),
    close: () => socket.destroy(),
  }
}
