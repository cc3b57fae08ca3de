import type { Received } from './receiver.ts'

/** The parts of the gateway's status that the view shows. */
export type Status = {
  readonly listeners: readonly { readonly address: string; readonly kind: string; readonly connections: number }[]
  readonly buses: readonly {
    readonly name: string
    readonly port: string
    readonly up: boolean
    readonly busy: number
    readonly sharing: number
    readonly answersPerSecond: number
    readonly p99Ms: number
  }[]
  readonly breakers: readonly {
    readonly name: string
    readonly label: string
    readonly unit: number
    readonly family: string
    readonly state: string
    readonly stateAgeMs: number | 'never'
    readonly reachable: string
    readonly currents: readonly number[]
    readonly locks: Readonly<
      Record<'control' | 'protection-setting', { readonly locked: boolean; readonly secondsLeft?: number; readonly by: string }>
    >
  }[]
}

const names = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug']

/** One event: time, severity, what, in words, who. */
export function eventLine(message: Received): string {
  const time = new Date(message.time).toLocaleTimeString('en-GB')
  const severity = (names[message.priority & 7] ?? '').padEnd(8)
  const who = [message.data['subject'], message.data['role'], message.data['source']]
    .filter((part) => part !== undefined && part !== '')
    .join(' ')
  return `${time} ${severity} ${message.id.padEnd(27)} ${message.text}${who === '' ? '' : ` · ${who}`}`
}

export const tryNext = [
  'Try, in another terminal in this folder:',
  '  npx breakwall demo read Q1                                       currents of pump 1',
  '  npx breakwall demo close Q1                                      refused: locked',
  '  npx breakwall demo people                                        makes a field tech (or do it on the pages, with the code)',
  '  npx breakwall login tech --password-file .demo/tech.password     the person at the switchboard logs in',
  '  npx breakwall unlock Q1 --for 5m --reason "first try"            and agrees',
  '  npx breakwall demo close Q1                                      done',
  '  npx breakwall verify                                             the journal holds the whole story',
]

/** State as on the switchboard: closed is red (live), open is green, tripped is amber, unknown is grey; never colour alone. */
function state(breaker: Status['breakers'][number], colour: boolean): string {
  const stale = breaker.reachable === 'no' || breaker.stateAgeMs === 'never' || breaker.stateAgeMs > 10_000
  const none = breaker.stateAgeMs === 'never' && breaker.reachable !== 'no' // an interface has no state
  const word = none ? '-' : stale ? 'UNKNOWN' : breaker.state.toUpperCase()
  const code = { CLOSED: 31, OPEN: 32, TRIPPED: 33 }[word] ?? 90
  return colour ? `\x1b[1;${code}m${word.padEnd(8)}\x1b[0m` : word.padEnd(8)
}

function lock(view: Status['breakers'][number]['locks']['control'], colour: boolean): string {
  if (view.locked) return 'LOCKED'.padEnd(28)
  const left = view.secondsLeft ?? 0
  const words = `unlocked ${String(Math.floor(left / 60)).padStart(2, '0')}:${String(left % 60).padStart(2, '0')} (${view.by})`.padEnd(28)
  return colour ? `\x1b[33m${words}\x1b[0m` : words
}

/** How busy a line is, and for how many clients each of its transactions was. */
function busLine({ name, port, up, busy, sharing, answersPerSecond, p99Ms }: Status['buses'][number]): string {
  const head = `${name.padEnd(8)} ${port.slice(0, 22).padEnd(22)} ${up ? 'up  ' : 'DOWN'}`
  if (answersPerSecond === 0) return `${head} idle`
  const used = `${Math.round(100 * busy)}`.padStart(3)
  const answers = answersPerSecond.toFixed(1).padStart(5)
  return `${head} ${used} % busy  ${answers} answers/s  shared ${sharing.toFixed(1)}x  p99 ${Math.round(p99Ms)} ms`
}

/** The whole screen as lines: what is there, what happened, what to type next. */
export function screen(
  heads: readonly string[],
  status: Status | 'not-yet',
  events: readonly string[],
  rows: number,
  colour: boolean,
): string[] {
  const lines = [...heads.map((line) => ` ${line}`), '']
  if (status !== 'not-yet') {
    for (const listener of status.listeners) lines.push(` SCADA  ${listener.address}  ${listener.kind} · ${listener.connections} connected`)
    for (const bus of status.buses) lines.push(` Bus    ${busLine(bus)}`)
    lines.push('', ` ${'Breaker'.padEnd(34)} Unit  State     ${'A (L1/L2/L3)'.padEnd(18)} ${'Remote control'.padEnd(28)} Settings`)
    for (const breaker of status.breakers) {
      const name = `${breaker.name} ${breaker.family} · ${breaker.label}`.slice(0, 34).padEnd(34)
      const amps = (breaker.currents.length === 0 ? '-' : breaker.currents.join(' / ')).padEnd(18)
      lines.push(
        ` ${name} ${String(breaker.unit).padStart(4)}  ${state(breaker, colour)}  ${amps} ${lock(breaker.locks.control, colour)} ${lock(breaker.locks['protection-setting'], colour)}`.trimEnd(),
      )
    }
  }
  const room = Math.max(3, rows - lines.length - tryNext.length - 4)
  return [
    ...lines,
    '',
    ...events.slice(-room).map((line) => ` ${line}`),
    '',
    ...tryNext.map((line) => ` ${line}`),
    ' Ctrl-C stops everything.',
  ]
}

export interface View {
  event(message: Received): void
  say(text: string): void
  close(): void
}

/** Lines only: for a log, a pipe, or `--plain`. */
export function plainView(out: (text: string) => void): View {
  return { event: (message) => out(eventLine(message)), say: out, close: () => undefined }
}

/** The live view on a terminal: drawn anew twice a second, on the terminal's second screen, so that the first comes back as it was. */
export function liveView(terminal: NodeJS.WriteStream, heads: () => readonly string[], status: () => Promise<Status | 'not-yet'>): View {
  const events: string[] = []
  terminal.write('\x1b[?1049h\x1b[?25l')
  const draw = async (): Promise<void> => {
    const { columns, rows } = terminal
    const shown = screen(heads(), await status(), events, rows, true)
    terminal.write(
      `\x1b[H${shown
        .slice(0, rows)
        .map((line) => `${cut(line, columns)}\x1b[K`)
        .join('\r\n')}\x1b[J`,
    )
  }
  const timer = setInterval(() => void draw(), 500)
  return {
    event: (message) => void events.push(eventLine(message)),
    say: (text) => void events.push(text),
    close() {
      clearInterval(timer)
      terminal.write('\x1b[?25h\x1b[?1049l')
    },
  }
}

/** Cuts to the width that is seen; colours have none. */
function cut(line: string, columns: number): string {
  let seen = 0
  let at = 0
  while (at < line.length && seen < columns) {
    const colour = /^\x1b\[[0-9;]*m/.exec(line.slice(at))
    at += colour?.[0].length ?? 1
    if (colour === null) seen += 1
  }
  return line.includes('\x1b') ? `${line.slice(0, at)}\x1b[0m` : line.slice(0, at)
}
