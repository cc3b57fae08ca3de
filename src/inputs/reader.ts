import { spawn } from 'node:child_process'
import { SerialPort } from 'serialport'
import type { Cancel, Clock } from '../platform/index.ts'
import type { Heard } from './contact.ts'

/** Where a contact is wired to. */
export type ContactSource =
  /** A line of a GPIO chip, read by `gpioget` of libgpiod; its options differ between versions 1 and 2, so the site gives them. */
  | { readonly kind: 'command'; readonly words: readonly string[] }
  /** A pin of a serial port that is used for nothing else; DTR and RTS feed it. */
  | { readonly kind: 'pin'; readonly port: string; readonly pin: 'CTS' | 'DSR' }

/** How often it is read, milliseconds. */
export const READ_EVERY_MS = 100
/** After how long a reader that ended is started again, milliseconds. */
const AGAIN_MS = 1000

/** Reads a contact for as long as it is not cancelled, and tells each reading. */
export const readContact = (source: ContactSource, hear: (heard: Heard) => void, clock: Clock): Cancel =>
  source.kind === 'command' ? readByCommand(source.words, hear, clock) : readPin(source.port, source.pin, hear, clock)

/** Characters of a line or a complaint that are kept. */
const MOST = 200

/** One shell reads it over and over: starting a program for each reading would hold up the gateway itself. */
function readByCommand(words: readonly string[], hear: (heard: Heard) => void, clock: Clock): Cancel {
  const loop = `while "$@"; do sleep ${READ_EVERY_MS / 1000}; done; exit 1`
  let cancelAgain: Cancel = () => undefined
  let over = false
  let child = start()
  function start() {
    const running = spawn('/bin/sh', ['-c', loop, 'contact', ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
    let complaint = ''
    let rest = ''
    running.stderr.on('data', (chunk: Buffer) => (complaint = `${complaint}${chunk.toString('utf8')}`.slice(0, MOST)))
    running.stdout.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString('utf8')}`.split('\n')
      rest = (lines.pop() ?? '').slice(0, MOST)
      for (const line of lines) hear(readingOf(line))
    })
    running.on('error', (error) => (complaint = error.message))
    running.on('close', () => {
      if (over) return
      hear({ kind: 'lost', why: complaint.trim() === '' ? `${words[0] ?? ''} ended` : complaint.trim() })
      cancelAgain = clock.after(AGAIN_MS, () => (child = start()))
    })
    return running
  }
  return () => {
    over = true
    cancelAgain()
    child.kill()
  }
}

/** Only a clear 1 is a closed contact. */
function readingOf(line: string): Heard {
  const text = line.trim()
  if (text === '1') return { kind: 'closed' }
  return text === '0' ? { kind: 'open' } : { kind: 'lost', why: `"${text.slice(0, 40)}" is neither 0 nor 1` }
}

/** What is used of a port of `serialport`. */
type Pins = Pick<SerialPort, 'open' | 'close' | 'set' | 'get' | 'isOpen' | 'on'>
const openPort = (path: string): Pins => new SerialPort({ path, baudRate: 9600, autoOpen: false, hupcl: false })

export function readPin(
  path: string,
  pin: 'CTS' | 'DSR',
  hear: (heard: Heard) => void,
  clock: Clock,
  make: (path: string) => Pins = openPort,
): Cancel {
  let over = false
  let cancel: Cancel = () => undefined
  let port = make(path)
  const later = (run: () => void, ms: number): void => {
    if (!over) cancel = clock.after(ms, run)
  }
  const lost = (error: Error): void => {
    hear({ kind: 'lost', why: error.message })
    if (port.isOpen) port.close(() => undefined)
    later(() => {
      port = make(path)
      begin()
    }, AGAIN_MS)
  }
  const look = (): void =>
    port.get((error, status) => {
      if (over) return
      if (error !== null || status === undefined) return lost(error ?? new Error('the port does not say'))
      hear({ kind: (pin === 'CTS' ? status.cts : status.dsr) ? 'closed' : 'open' })
      later(look, READ_EVERY_MS)
    })
  const begin = (): void => {
    port.on('error', () => undefined) // each call tells its own
    port.open((error) => {
      if (over) return
      if (error !== null) return lost(error)
      port.set({ dtr: true, rts: true }, (failed) => (failed ? lost(failed) : look()))
    })
  }
  begin()
  return () => {
    over = true
    cancel()
    if (port.isOpen) port.close(() => undefined)
  }
}
