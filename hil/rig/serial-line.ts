import { EventEmitter, once } from 'node:events'
import { writeSync } from 'node:fs'
import pty from '@lydell/node-pty'
import type { Twin } from '../twins/breaker.ts'
import { crc, withCrc } from '../twins/crc.ts'
import { answerPdu } from '../twins/modbus.ts'
import type { FrameLog } from './frame-log.ts'

export type SerialRigSettings = {
  readonly bus: string
  readonly baud: number
  /** From the end of a request to the first byte of its reply, milliseconds. */
  readonly deviceDelayMs: number
  readonly frameLog: FrameLog
}

export interface SerialRig {
  /** What the gateway opens. */
  readonly path: string
  /** Extra delay before each reply, for tests that need one. */
  replyDelayMs: number
  /** When true the devices act and say nothing. */
  mute: boolean
  /** Requests that the devices leave without a reply while they answer others. */
  ignores: (pdu: Buffer) => boolean
  /** When true the gateway's adapter hears its own sending, as a two-wire adapter without echo suppression does. */
  echo: boolean
  /** What a slow driver puts on the line around each reply. */
  stray: { readonly before: Buffer; readonly behind: Buffer }
  /** Frames that came before the line had been silent for 3.5 characters. */
  gapViolations: number
  /** Puts bytes on the line that no device there has sent. */
  inject(bytes: Buffer): void
  /** Resolves once a device has heard this frame: hex of unit id and PDU. */
  heard(hex: string): Promise<unknown>
  close(): void
}

/** A shell of node-pty's open(): its master and slave streams are there, but not in its types. */
type OpenPty = {
  readonly _pty: string
  readonly _fd: number
  readonly _slave: { destroy(): void }
  readonly _master: NodeJS.ReadableStream & { destroy(): void }
}

const noStray: SerialRig['stray'] = { before: Buffer.alloc(0), behind: Buffer.alloc(0) }

/** A pseudo-terminal hands bytes over at once: the line's clock says when each of them would have arrived on RS-485. */
export function startSerialRig(settings: SerialRigSettings, twins: ReadonlyMap<number, Twin>): SerialRig {
  const { bus, baud, deviceDelayMs, frameLog } = settings
  const terminal = (pty as unknown as { open(options: object): OpenPty }).open({ encoding: null })
  terminal._slave.destroy()
  const characterMs = 11_000 / baud
  const gapMs = baud > 19200 ? 1.75 : 3.5 * characterMs
  let frame = Buffer.alloc(0)
  let busyUntil = 0
  let [frameTimer, sending]: (NodeJS.Timeout | undefined)[] = []
  let closed = false
  const frames = new EventEmitter()

  const rig: SerialRig = {
    path: terminal._pty,
    replyDelayMs: 0,
    mute: false,
    ignores: () => false,
    stray: noStray,
    echo: false,
    gapViolations: 0,
    inject: (bytes) => send(bytes),
    heard: (hex) => once(frames, hex),
    close,
  }

  terminal._master.on('error', () => undefined)
  terminal._master.on('data', (chunk: Buffer | string) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk
    const now = performance.now()
    if (frame.length === 0 && now < busyUntil + gapMs) rig.gapViolations += 1
    if (rig.echo) writeSync(terminal._fd, bytes)
    frame = Buffer.concat([frame, bytes])
    busyUntil = Math.max(now, busyUntil) + bytes.length * characterMs
    clearTimeout(frameTimer)
    frameTimer = setTimeout(() => received(), Math.ceil(busyUntil + gapMs - now))
  })

  function received(): void {
    const adu = frame
    frame = Buffer.alloc(0)
    if (adu.length < 4 || crc(adu) !== 0) return
    const unit = adu.readUInt8(0)
    const pdu = adu.subarray(1, -2)
    const twin = twins.get(unit)
    if (twin === undefined) return
    frameLog.write(bus, unit, pdu)
    frames.emit(adu.subarray(0, -2).toString('hex'))
    const answer = answerPdu(twin, pdu)
    if (rig.mute || rig.ignores(pdu)) return
    const reply = Buffer.concat([rig.stray.before, withCrc(Buffer.concat([Buffer.from([unit]), answer])), rig.stray.behind])
    setTimeout(() => send(reply), deviceDelayMs + rig.replyDelayMs)
  }

  /** Puts one character after the other on the line, each when its time has come. */
  function send(bytes: Buffer): void {
    const start = performance.now()
    busyUntil = start + bytes.length * characterMs
    let sent = 0
    const step = (): void => {
      if (closed) return
      const due = Math.min(bytes.length, Math.floor((performance.now() - start) / characterMs))
      if (due > sent) writeSync(terminal._fd, bytes.subarray(sent, due))
      sent = Math.max(sent, due)
      if (sent < bytes.length) sending = setTimeout(step, 1)
    }
    step()
  }

  function close(): void {
    closed = true
    clearTimeout(frameTimer)
    clearTimeout(sending)
    terminal._master.destroy()
  }
  return rig
}
