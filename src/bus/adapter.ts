import { fstatSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setRs485 } from '../platform/index.ts'

/** What an adapter's driver is asked, as arguments: tests have a folder in place of /sys. */
export type AdapterSystem = {
  readonly sysfs: string
  /** Throws where the gateway may not. */
  readonly write: (file: string, text: string) => void
  /** Lets the kernel turn the driver of a two-wire line (TIOCSRS485); false when it cannot. */
  readonly letKernelDrive: (descriptor: number) => boolean
  /** Which device a path or an open port is, the same for each of its names: its number (st_rdev). `none`: there is nothing now. */
  readonly deviceOf: (port: string | number) => string
}

/** This machine's. */
export const thisSystem: AdapterSystem = {
  sysfs: '/sys',
  write: (file, text) => writeFileSync(file, text),
  letKernelDrive: setRs485,
  deviceOf,
}

function deviceOf(port: string | number): string {
  try {
    const { rdev } = typeof port === 'string' ? statSync(port) : fstatSync(port)
    // makedev(3) of Linux: the minor number is in two parts.
    return `serial device ${(rdev >> 8) & 0xfff}:${(rdev & 0xff) | ((rdev >> 12) & 0xfff00)}`
  } catch {
    return 'none'
  }
}

/** Received bytes wait in an FTDI adapter for this long, milliseconds, unless somebody sets it; 16 of them halve a bus at 19200 baud. */
const WANTED_MS = 1

/**
 * Sets the latency timer of a USB adapter (ftdi_sio, `latency_timer` in sysfs) to 1 ms, where there is one and the gateway may. Otherwise
 * says what whoever runs it can do. `path` may be a link of /dev/serial/by-id.
 */
export function checkLatency(path: string, { sysfs, write }: AdapterSystem): string {
  let file: string
  let before: number
  try {
    file = join(sysfs, 'class/tty', basename(realpathSync(path)), 'device/latency_timer')
    before = Number(readFileSync(file, 'utf8').trim())
  } catch {
    return 'fine' // no such timer: another adapter, or a port of the board
  }
  if (before <= WANTED_MS) return 'fine'
  try {
    write(file, String(WANTED_MS))
    return 'fine'
  } catch {
    return `the adapter of ${path} holds bytes back for ${before} ms, which may halve the bus: echo ${WANTED_MS} > ${file}`
  }
}
