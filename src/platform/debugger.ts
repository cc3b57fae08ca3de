import { url } from 'node:inspector'
import type { Clock } from './clock.ts'
import type { Cancel } from './time.ts'
import { unblockSignal } from './libc.ts'

/** How this process was started, as far as it decides which code runs in it. */
export type StartOptions = {
  /** Options of Node on the command line (`process.execArgv`). */
  readonly execArgv: readonly string[]
  /** The environment variable NODE_OPTIONS; empty where it is not set. */
  readonly nodeOptions: string
  /** The environment variable NODE_TLS_REJECT_UNAUTHORIZED; empty where it is not set. */
  readonly tlsRejectUnauthorized: string
  /** Where the inspector of V8 listens already (`inspector.url()`). */
  readonly inspectorUrl: string | undefined
}
export type StartChecked = { readonly kind: 'ok' } | { readonly kind: 'refused'; readonly why: string; readonly hint: string }

/** Options of NODE_OPTIONS that neither open an inspector, load code, write secrets down nor weaken TLS. All others are refused. */
const harmless: ReadonlySet<string> = new Set([
  '--disable-sigusr1',
  '--disable-warning',
  '--enable-source-maps',
  '--max-old-space-size',
  '--max-old-space-size-percentage',
  '--max-semi-space-size',
  '--no-deprecation',
  '--no-warnings',
  '--stack-trace-limit',
  '--trace-deprecation',
  '--trace-uncaught',
  '--trace-warnings',
])

/** Options of the command line that open an inspector, or write the keys of TLS sessions into a file. */
const forbidden = /^--(inspect|debug|experimental-network-inspection|experimental-worker-inspection|tls-keylog)/

/** `--inspect_brk` is `--inspect-brk` to Node: an underscore after the dashes counts as a dash. */
const nameOf = (option: string): string => (option.split('=')[0] ?? '').replaceAll('_', '-')

/**
 * A gateway or console that can be debugged gives its memory, with the breakers' passwords in it, and its decisions to whoever reaches
 * the inspector's port: it asks for no password. Says what of the start would allow that.
 */
export function checkStartOptions({ execArgv, nodeOptions, tlsRejectUnauthorized, inspectorUrl }: StartOptions): StartChecked {
  const typed = execArgv.map(nameOf).find((name) => forbidden.test(name))
  if (typed !== undefined)
    return { kind: 'refused', why: `Node was started with ${typed}, which opens this process to others`, hint: `start it without ${typed}` }
  const inherited = [...nodeOptions.matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g)]
    .map(([, quoted, plain]) => nameOf(quoted ?? plain ?? ''))
    .find((name) => name.startsWith('-') && !harmless.has(name))
  if (inherited !== undefined)
    return {
      kind: 'refused',
      why: `NODE_OPTIONS has ${inherited}: options that debug, load code or weaken TLS are refused`,
      hint: `unset NODE_OPTIONS; it may have ${[...harmless].join(', ')}`,
    }
  if (tlsRejectUnauthorized !== '' && tlsRejectUnauthorized !== '1')
    return {
      kind: 'refused',
      why: 'NODE_TLS_REJECT_UNAUTHORIZED is set: certificates would not be checked',
      hint: 'unset NODE_TLS_REJECT_UNAUTHORIZED',
    }
  if (inspectorUrl !== undefined)
    return { kind: 'refused', why: `the inspector listens on ${new URL(inspectorUrl).host}`, hint: 'start Node without an inspector' }
  return { kind: 'ok' }
}

/** This process. */
export const ownStartOptions = (): StartOptions => ({
  execArgv: process.execArgv,
  nodeOptions: process.env['NODE_OPTIONS'] ?? '',
  tlsRejectUnauthorized: process.env['NODE_TLS_REJECT_UNAUTHORIZED'] ?? '',
  inspectorUrl: url(),
})

/**
 * Takes SIGUSR1, by which Node opens its inspector in a running process unless the signal has a listener (nodejs.org/api/process.html,
 * "Signal events"), and calls back for each. With `--disable-sigusr1` Node leaves the signal blocked: it is unblocked here, so that an
 * attempt is seen. False where it could not be; then the signal does nothing at all.
 */
export function refuseDebugger(attempted: () => void): boolean {
  process.on('SIGUSR1', attempted)
  return unblockSignal('SIGUSR1')
}

/** Reports of attempts, milliseconds apart at least. */
const REPORT_MS = 60_000

/**
 * Collects attempts: the first is reported at once, those of the following minute together at its end, so that every one is counted and
 * a loop of signals writes two lines a minute. `close` reports what is left.
 */
export function countAttempts(clock: Pick<Clock, 'after'>, report: (count: number) => void) {
  let waiting = 0
  let cancel: Cancel | undefined
  const flush = (): void => {
    cancel = undefined
    if (waiting === 0) return
    report(waiting)
    waiting = 0
    cancel = clock.after(REPORT_MS, flush)
  }
  return {
    attempted(): void {
      waiting += 1
      if (cancel === undefined) flush()
    },
    close(): void {
      cancel?.()
      cancel = undefined
      if (waiting > 0) report(waiting)
      waiting = 0
    },
  }
}
