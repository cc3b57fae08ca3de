import type { Socket } from 'node:net'

/** What a client measured: the latency of each answer in milliseconds, and how many were exceptions. */
export type Measured = { readonly latencies: number[]; exceptions: number; readonly codes: Map<number, number> }
export const nothingMeasured = (): Measured => ({ latencies: [], exceptions: 0, codes: new Map() })

export type Ask = { readonly unit: number; readonly pdu: Buffer }

export const read = (unit: number, register: number, quantity: number): Ask => {
  const pdu = Buffer.from([3, 0, 0, 0, 0])
  pdu.writeUInt16BE(register - 1, 1)
  pdu.writeUInt16BE(quantity, 3)
  return { unit, pdu }
}

/** One connection that speaks Modbus TCP with a framing of its own. */
export interface LoadClient {
  /** Sends one request; resolves with its latency in milliseconds and the PDU that answers it. */
  ask(what: Ask): Promise<{ readonly ms: number; readonly pdu: Buffer }>
  /** Keeps `depth` requests on their way until `until` (performance.now()), and measures those answered after `from`. */
  saturate(depth: number, next: () => Ask, from: number, until: number): Promise<Measured>
  close(): void
}

export function loadClient(socket: Socket): LoadClient {
  type Slot = { readonly at: number; readonly done: (pdu: Buffer, ms: number) => void }
  const slots: (Slot | undefined)[] = Array.from({ length: 0x10000 })
  let transaction = 0
  let pending: Buffer = Buffer.alloc(0)

  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    let at = 0
    const now = performance.now()
    while (pending.length - at >= 8) {
      const length = 6 + pending.readUInt16BE(at + 4)
      if (pending.length - at < length) break
      const id = pending.readUInt16BE(at)
      const slot = slots[id]
      slots[id] = undefined
      slot?.done(pending.subarray(at + 7, at + length), now - slot.at)
      at += length
    }
    pending = at === pending.length ? Buffer.alloc(0) : pending.subarray(at)
  })

  function send({ unit, pdu }: Ask, done: (pdu: Buffer, ms: number) => void): void {
    transaction = (transaction + 1) & 0xffff
    const adu = Buffer.alloc(7 + pdu.length)
    adu.writeUInt16BE(transaction, 0)
    adu.writeUInt16BE(1 + pdu.length, 4)
    adu[6] = unit
    pdu.copy(adu, 7)
    slots[transaction] = { at: performance.now(), done }
    socket.write(adu) // each on its own, as Modbus clients send them
  }

  return {
    ask: (what) =>
      new Promise((resolve) => {
        send(what, (pdu, ms) => resolve({ ms, pdu }))
      }),
    saturate: (depth, next, from, until) =>
      new Promise((resolve) => {
        const measured = nothingMeasured()
        let open = 0
        const again = (): void => {
          open += 1
          send(next(), (pdu, ms) => {
            open -= 1
            const now = performance.now()
            if (now >= from && now < until) {
              if (((pdu[0] ?? 0) & 0x80) === 0) measured.latencies.push(ms)
              else {
                measured.exceptions += 1
                measured.codes.set(pdu[1] ?? 0, (measured.codes.get(pdu[1] ?? 0) ?? 0) + 1)
              }
            }
            if (now < until) again()
            else if (open === 0) resolve(measured)
          })
        }
        for (let i = 0; i < depth; i++) again()
      }),
    close: () => socket.destroy(),
  }
}

/** The value that `percent` of them keep to. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0
}
