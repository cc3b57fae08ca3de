import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import koffi from 'koffi'
import { Twin, families } from '../twins/breaker.ts'
import { crc, withCrc } from '../twins/crc.ts'
import { answerPdu } from '../twins/modbus.ts'
import { type TrueLineSettings, shared } from './true-line.ts'

// The thread of true-line.ts. Everything here waits in the kernel: for bytes in ppoll, for the time of the next byte in a futex.
const { memory, settings } = workerData as { memory: Int32Array; settings: TrueLineSettings }
const libc = koffi.load(null)
const openTerminal = libc.func('int posix_openpt(int)') as (flags: number) => number
const grant = libc.func('int grantpt(int)') as (fd: number) => number
const unlock = libc.func('int unlockpt(int)') as (fd: number) => number
const nameOf = libc.func('const char *ptsname(int)') as (fd: number) => string
const ppoll = libc.func('int ppoll(uint8_t *, unsigned long, const uint8_t *, const void *)') as (
  fds: Uint8Array,
  count: number,
  timeout: Uint8Array,
  mask: null,
) => number

/** termios of the terminal (asm-generic/termbits.h): TCGETS, and of its control flags those of the rate and of the stop bits. */
const getAttributes = libc.func('int ioctl(int, unsigned long, _Out_ uint8_t *)') as (
  fd: number,
  request: number,
  data: Uint8Array,
) => number
const TCGETS = 0x5401
const CBAUD = 0o10017
const CSTOPB = 0o100
const rates: Readonly<Record<number, number>> = {
  1200: 0o11,
  2400: 0o13,
  4800: 0o14,
  9600: 0o15,
  19200: 0o16,
  38400: 0o17,
  57600: 0o10001,
  115200: 0o10002,
}

const O_RDWR_NOCTTY = 0o402
const POLLIN = 1
const characterMs = 11_000 / settings.baud
const gapMs = settings.baud > 19200 ? 1.75 : 3.5 * characterMs
const terminal = openTerminal(O_RDWR_NOCTTY)
if (terminal < 0 || grant(terminal) !== 0 || unlock(terminal) !== 0) throw new Error('no pseudo-terminal')
const path = nameOf(terminal)
const otherEnd = openSync(path, 'r+') // held: with nobody at the other end a read would fail
// Until a program opens the other end it would echo what it gets, as a terminal does and a line does not.
spawnSync('stty', ['-F', path, 'raw', '-echo'])

const twins = new Map(
  settings.addresses.map((address) => [
    address,
    new Twin({ name: `B${address}`, family: families.nsx, closed: false, load: 100, moving: false }),
  ]),
)
const idle = new Int32Array(new SharedArrayBuffer(4))
const poll = new Uint8Array(8)
const pollView = new DataView(poll.buffer)
const timeout = new Uint8Array(16)
const timeoutView = new DataView(timeout.buffer)
const input = Buffer.alloc(1024)
const count = (at: number): void => void Atomics.add(memory, at, 1)

function sleepUntil(at: number): void {
  for (let left = at - performance.now(); left > 0; left = at - performance.now()) Atomics.wait(idle, 0, 0, left)
}

/** Waits for bytes at most until `at`; false when none came. */
function readable(at: number): boolean {
  const ms = Math.max(0, at - performance.now())
  pollView.setInt32(0, terminal, true)
  pollView.setInt16(4, POLLIN, true)
  pollView.setInt16(6, 0, true)
  timeoutView.setBigInt64(0, BigInt(Math.floor(ms / 1000)), true)
  timeoutView.setBigInt64(8, BigInt(Math.floor((ms % 1000) * 1e6)), true)
  return ppoll(poll, 1, timeout, null) > 0 && (pollView.getInt16(6, true) & POLLIN) !== 0
}

function isMute(address: number): boolean {
  const bits = Atomics.load(memory, address < 32 ? shared.muteLow : shared.muteHigh)
  return ((bits >>> (address < 32 ? address - 1 : address - 32)) & 1) === 1
}

/** Whether the other end has this line's rate and stop bits; a pseudo-terminal keeps no parity, so that one cannot be told. */
function sameSetting(): boolean {
  const attributes = new Uint8Array(60)
  if (getAttributes(terminal, TCGETS, attributes) !== 0) return true
  const flags = new DataView(attributes.buffer).getUint32(8, true)
  return (flags & CBAUD) === rates[settings.baud] && (flags & CSTOPB) === (settings.stopBits === 2 ? CSTOPB : 0)
}

/** Puts one byte after the other on the line, each when its last bit would have arrived. Returns when the line is free again. */
function send(reply: Buffer, start: number): number {
  let sent = 0
  while (sent < reply.length) {
    sleepUntil(start + (sent + 1) * characterMs)
    const due = Math.min(reply.length, Math.floor((performance.now() - start) / characterMs))
    writeSync(terminal, reply.subarray(sent, due))
    sent = due
  }
  return start + reply.length * characterMs
}

parentPort?.postMessage(path)
let busyUntil = 0
while (Atomics.load(memory, shared.stop) === 0) {
  if (!readable(performance.now() + 100)) {
    if (settings.chatter === true) writeSync(terminal, Buffer.from('0903000000018542', 'hex'))
    continue
  }
  const began = performance.now()
  if (began < busyUntil + gapMs) count(shared.gapViolations)
  if (began < busyUntil) count(shared.collisions)
  let frame = Buffer.alloc(0)
  busyUntil = began
  // What the gateway writes is on the line one character after the other; the frame is over after 3.5 characters of silence.
  do {
    const length = readSync(terminal, input)
    frame = Buffer.concat([frame, input.subarray(0, length)])
    busyUntil = Math.max(performance.now(), busyUntil)
    if (frame.length === length) busyUntil = began
    busyUntil += length * characterMs
  } while (readable(busyUntil + gapMs))
  count(shared.frames)
  const twin = twins.get(frame[0] ?? 0)
  if (frame.length < 4 || crc(frame) !== 0 || !sameSetting()) {
    count(shared.badFrames)
    continue
  }
  if (twin === undefined) continue
  const reply = withCrc(Buffer.concat([frame.subarray(0, 1), answerPdu(twin, frame.subarray(1, -2))]))
  if (isMute(frame[0] ?? 0) || (frame[1] === 3 && frame.readUInt16BE(2) + 1 === Atomics.load(memory, shared.ignored))) continue
  const start = Math.max(performance.now(), busyUntil + gapMs + settings.deviceDelayMs)
  while (performance.now() < start) if (readable(start)) break
  if (performance.now() < start) count(shared.collisions)
  sleepUntil(start)
  busyUntil = send(reply, start)
  if (readable(0)) count(shared.collisions)
}
closeSync(otherEnd)
closeSync(terminal)
process.exit(0)
