import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setRs485 } from '../platform/index.ts'

/** What an adapter's driver is asked, as arguments: tests have a folder in place of /sys. */
export type AdapterSystem = {
  readonly sysfs: string
  /** Throws where the gateway may not. */
  readonly write: (file: string, text: string) => void
  /** Lets the kernel turn the driver of a two-wire line (TIOCSRS485); false when it cannot. */
  readonly letKernelDrive: (descriptor: number) => boolean
  /** Why the kernel does not open a port: the name of its error (errno(3)), such as `EACCES`; empty when it does. */
  readonly openError: (path: string) => string
  /** Which device a path or an open port is, the same for each of its names: its number (st_rdev). `none`: there is nothing now. */
  readonly deviceOf: (port: string | number) => string
}

/** This machine's. */
export const thisSystem: AdapterSystem = {
  sysfs: '/sys',
  write: (file, text) => writeFileSync(file, text),
  letKernelDrive: setRs485,
  openError(path) {
    try {
      closeSync(openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK))
      return ''
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : ''
    }
  },
  deviceOf,
}

/**
 * What to do about a port that the kernel does not open; empty where its own words are enough. A unit of systemd whose `DeviceAllow`
 * lacks the device makes the kernel answer EPERM (Documentation/admin-guide/cgroup-v2.rst, "Device controller"), the mode of the file
 * EACCES (open(2)). systemd looks the names of `DeviceAllow` up in /proc/devices when it starts the unit: a driver that comes later is
 * allowed from the next start on.
 */
export function hintOfOpening(path: string, { openError }: AdapterSystem): string {
  switch (openError(path)) {
    case 'EPERM':
      return `the service's unit does not allow this device: systemctl edit breakwall, [Service] DeviceAllow=${deviceClass(path)} rw; where it has that, systemctl restart breakwall: the driver was loaded later`
    case 'EACCES':
      return `the service's user may not use it: ls -l ${path} names the group, [Service] SupplementaryGroups= in the unit has dialout`
    default:
      return ''
  }
}

/** The name of the device's driver in /proc/devices, as DeviceAllow wants it: `char-ttyAMA` for /dev/ttyAMA0 (systemd.resource-control(5)). */
function deviceClass(path: string): string {
  let real = path
  try {
    real = realpathSync(path)
  } catch {
    // gone meanwhile: the name that was written will do
  }
  const [, driver] = /^(tty[A-Za-z]+)\d+$/.exec(basename(real)) ?? []
  return driver === undefined ? real : `char-${driver}`
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
