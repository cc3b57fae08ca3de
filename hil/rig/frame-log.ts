import { appendFileSync } from 'node:fs'

/** The switchboard's own record of what reached a breaker: JSON lines of time, bus, unit, and hex of unit id and PDU. */
export type FrameLog = { readonly path: string; write(bus: string, unit: number, pdu: Buffer): void }

export function openFrameLog(path: string): FrameLog {
  return {
    path,
    write(bus, unit, pdu) {
      const hex = Buffer.concat([Buffer.from([unit]), pdu]).toString('hex')
      appendFileSync(path, `${JSON.stringify({ time: new Date().toISOString(), bus, unit, hex })}\n`)
    },
  }
}
