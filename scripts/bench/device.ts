import { type AddressInfo, createServer } from 'node:net'

/**
 * A process that answers FC 3 at once, as many connections as come: the fastest device there is, so that what is measured is the way
 * to it. Prints its port.
 */
const replies = new Map<number, Buffer>()
function replyOf(quantity: number): Buffer {
  const known = replies.get(quantity)
  if (known !== undefined) return known
  const made = Buffer.alloc(9 + 2 * quantity, 7)
  made.writeUInt16BE(0, 2)
  made.writeUInt16BE(3 + 2 * quantity, 4)
  made[7] = 3
  made[8] = 2 * quantity
  replies.set(quantity, made)
  return made
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => undefined)
  let pending: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    const out: Buffer[] = []
    let at = 0
    for (; pending.length - at >= 12; at += 12) {
      const reply = Buffer.from(replyOf(pending.readUInt16BE(at + 10)))
      reply.writeUInt16BE(pending.readUInt16BE(at), 0)
      reply[6] = pending[at + 6] ?? 0
      out.push(reply)
    }
    pending = pending.subarray(at)
    if (out.length > 0) socket.write(out.length === 1 ? (out[0] ?? '') : Buffer.concat(out))
  })
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
