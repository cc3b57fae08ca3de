import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import koffi from 'koffi'

/** What the kernel knows that Node does not tell: who is at the other end of a unix socket, and how to reach systemd's socket. */
type Libc = {
  getsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number[]): number
  socket(domain: number, type: number, protocol: number): number
  sendto(fd: number, data: Uint8Array, size: number, flags: number, address: Uint8Array, addressSize: number): number
  close(fd: number): number
  prctl(option: number, value: number, third: number, fourth: number, fifth: number): number
  setrlimit(resource: number, limits: Uint8Array): number
  ioctl(fd: number, request: number, data: Uint8Array): number
  adjtimex(state: Uint8Array): number
  pthread_sigmask(how: number, signals: Uint8Array, before: null): number
  timerfd_create(clock: number, flags: number): number
  timerfd_settime(fd: number, flags: number, value: Uint8Array, old: null): number
}

let loaded: Libc | undefined
function libc(): Libc {
  if (loaded === undefined) {
    const lib = koffi.load(null)
    loaded = {
      getsockopt: lib.func('int getsockopt(int, int, int, _Out_ uint8_t *, _Inout_ uint32_t *)') as Libc['getsockopt'],
      socket: lib.func('int socket(int, int, int)') as Libc['socket'],
      sendto: lib.func('long sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)') as Libc['sendto'],
      close: lib.func('int close(int)') as Libc['close'],
      prctl: lib.func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)') as Libc['prctl'],
      setrlimit: lib.func('int setrlimit(int, const uint8_t *)') as Libc['setrlimit'],
      ioctl: lib.func('int ioctl(int, unsigned long, const uint8_t *)') as Libc['ioctl'],
      adjtimex: lib.func('int adjtimex(_Inout_ uint8_t *)') as Libc['adjtimex'],
      pthread_sigmask: lib.func('int pthread_sigmask(int, const uint8_t *, void *)') as Libc['pthread_sigmask'],
      timerfd_create: lib.func('int timerfd_create(int, int)') as Libc['timerfd_create'],
      timerfd_settime: lib.func('int timerfd_settime(int, int, const uint8_t *, void *)') as Libc['timerfd_settime'],
    }
  }
  return loaded
}

const SOL_SOCKET = 1
const SO_PEERCRED = 17

/** The user id of the process at the other end of a unix socket (unix(7), SO_PEERCRED), or `unknown` off Linux. */
export function peerUserId(fd: number): number | 'unknown' {
  if (process.platform !== 'linux') return 'unknown'
  const credentials = new Uint8Array(12)
  if (libc().getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, [12]) !== 0) return 'unknown'
  return new DataView(credentials.buffer).getUint32(4, true)
}

/** The user that this process runs as. */
export const ownUserName = (): string => userName(process.getuid?.() ?? -1)

/** The name of a user of this machine, or `uid N` for one that /etc/passwd does not list. */
export function userName(uid: number): string {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.split(':')[2] === String(uid))
  return line?.split(':')[0] ?? `uid ${uid}`
}

const AF_UNIX = 1
const SOCK_DGRAM = 2

/** One datagram to systemd (sd_notify(3)), such as `READY=1`. Without NOTIFY_SOCKET it does nothing. */
export function notifySystemd(message: string): void {
  const path = process.env['NOTIFY_SOCKET']
  if (path === undefined || path === '' || process.platform !== 'linux') return
  const fd = libc().socket(AF_UNIX, SOCK_DGRAM, 0)
  if (fd < 0) return
  const name = Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`, 'utf8')
  const address = Buffer.concat([Buffer.from([AF_UNIX, 0]), name])
  const data = Buffer.from(message, 'utf8')
  libc().sendto(fd, data, data.length, 0, address, address.length)
  libc().close(fd)
}

const PR_SET_DUMPABLE = 4
const RLIMIT_CORE = 4

/**
 * Keeps the memory of this process, with the breakers' passwords in it, out of core dumps and of other processes of its user
 * (prctl(2), PR_SET_DUMPABLE; setrlimit(2), RLIMIT_CORE). False where the system does not let it.
 */
export function forbidCoreDumps(): boolean {
  if (process.platform !== 'linux') return false
  return libc().setrlimit(RLIMIT_CORE, new Uint8Array(16)) === 0 && libc().prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) === 0
}

const SIG_UNBLOCK = 1

/** Lets a signal reach this thread (pthread_sigmask(3)); sigset_t is 128 bytes, signal n is bit n - 1. False where the system does not let it. */
export function unblockSignal(name: 'SIGUSR1'): boolean {
  if (process.platform !== 'linux') return false
  const [bit, signals] = [constants.signals[name] - 1, new Uint8Array(128)]
  signals[bit >> 3] = 1 << (bit & 7)
  return libc().pthread_sigmask(SIG_UNBLOCK, signals, null) === 0
}

const TIOCSRS485 = 0x542f
/** SER_RS485_ENABLED and SER_RS485_RTS_ON_SEND (linux/serial.h): RTS is on while the port sends, off otherwise. */
const RS485_ON_SEND = 0b11

/** Lets the kernel turn the driver of a two-wire line (struct serial_rs485, 32 bytes); false when the port's driver cannot. */
export function setRs485(fd: number): boolean {
  if (process.platform !== 'linux') return false
  const settings = new Uint8Array(32)
  new DataView(settings.buffer).setUint32(0, RS485_ON_SEND, true)
  return libc().ioctl(fd, TIOCSRS485, settings) === 0
}

/** What adjtimex(2) returns while nothing keeps the clock right. */
const TIME_ERROR = 5

/** Whether a time service keeps the clock of this machine right, as the kernel knows it; `unknown` where it cannot be asked. */
export function clockIsSynchronised(): boolean | 'unknown' {
  if (process.platform !== 'linux') return 'unknown'
  // struct timex, 208 bytes; modes 0 asks and sets nothing.
  const state = libc().adjtimex(new Uint8Array(256))
  return state < 0 ? 'unknown' : state !== TIME_ERROR
}

const CLOCK_MONOTONIC = 1
const TFD_CLOEXEC = 0o2000000

/** A timer of the kernel as a file (timerfd_create(2)): a read of 8 bytes ends when it fires. Undefined off Linux. */
export function createTimerFile(): { readonly fd: number; fireIn(ms: number): void } | undefined {
  if (process.platform !== 'linux') return undefined
  const fd = libc().timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)
  if (fd < 0) return undefined
  const value = new Uint8Array(32)
  const view = new DataView(value.buffer)
  return {
    fd,
    fireIn(ms) {
      // All zero would disarm it.
      const ns = Math.max(1, Math.round(ms * 1e6))
      view.setBigInt64(16, BigInt(Math.floor(ns / 1e9)), true)
      view.setBigInt64(24, BigInt(ns % 1e9), true)
      libc().timerfd_settime(fd, 0, value, null)
    },
  }
}
