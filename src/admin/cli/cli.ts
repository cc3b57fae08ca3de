import { Command, Option } from 'commander'
import {
  type BusesView,
  type LockView,
  MAX_UNLOCK_SECONDS,
  type ProbeAsked,
  type ServicesView,
  type StatusView,
  scopes,
} from '../contract/index.ts'
import { access } from './commands/access.ts'
import { capture } from './commands/capture.ts'
import { certificates } from './commands/certificates.ts'
import { call } from './client.ts'
import { toSeconds } from './text/duration.ts'
import { completion } from './completion.ts'
import { control } from './commands/control.ts'
import { events } from './commands/events.ts'
import { journal } from './commands/journal.ts'
import { label } from './commands/label.ts'
import { login } from './commands/login.ts'
import { type Add, type Common, type Finish, type Offline, type Parts, type Terminal, exitCode, print, wrongWords } from './parts.ts'
import { people } from './commands/people.ts'
import { report } from './commands/report.ts'
import { busesText, servicesText } from './text/show-buses.ts'
import { locksText, statusText } from './text/status.ts'
import { sinks } from './commands/sinks.ts'
import { top } from './commands/top.ts'
import { vault } from './commands/vault.ts'

/** The chapters of the help, in the order in which a site meets them. */
const headings: Readonly<Record<string, string>> = {
  Look: 'status top locks events report metrics services',
  'Who may act now': 'unlock lock tag job master-lock grant emergency-open learn',
  'Who is asking': 'setup login logout whoami password pin second-factor user session token access acl',
  'Set a site up': 'check probe profile vault ca cert crl label reload',
  'The record': 'verify export journal sink capture',
  'Run it': 'serve console demo completion',
}

/** The whole command line. Resolves with the exit code. */
export async function runCli(args: readonly string[], offline: Offline, terminal: Terminal): Promise<number> {
  let code: number = exitCode.done
  const program = new Command('breakwall')
  program
    .description('Security gateway between SCADA and low-voltage breakers.')
    .version(terminal.version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text.trimEnd()), writeErr: (text) => terminal.error(text.trimEnd()) })
    .showHelpAfterError('breakwall: hint: breakwall --help lists the commands')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 refused or something is wrong, 2 wrong words, 3 no gateway answers.\nWhich gateway: --api SOCKET, BREAKWALL_API, the demo of this checkout, /run/breakwall/api.sock.',
    )
  const finish = (result: number): void => void (code = result)
  const addTo = (parent: Command, name: string, description: string): Command =>
    parent
      .command(name)
      .description(description)
      .option('--json', 'print JSON for a program', false)
      .option('--api <socket>', 'the socket of the gateway')
  const add: Add = (name, description) => addTo(program, name, description)
  const group = (name: string, description: string) => {
    const parent = program.command(name).description(description)
    const command: Add = (sub, text) => addTo(parent, sub, text)
    return { command, plain: (sub: string, text: string) => parent.command(sub).description(text) }
  }

  online(add, program, terminal, finish)
  locks(add, terminal, finish)
  files(add, program, offline, finish)
  capture(add, terminal, finish)
  const plainTop: Add = (name, description) => program.command(name).description(description)
  const parts: Parts = { add, plainTop, group, offline, terminal, finish }
  control(parts)
  events(parts)
  journal(parts)
  sinks(parts)
  login(parts)
  people(parts)
  access(parts)
  vault(parts)
  certificates(parts)
  profiles(parts)
  for (const one of [top, label, report, completion]) one(parts)
  for (const [heading, names] of Object.entries(headings))
    for (const one of program.commands) if (names.split(' ').includes(one.name())) one.helpGroup(`${heading}:`)
  try {
    await program.parseAsync([...args], { from: 'user' })
  } catch (error) {
    if (!(error instanceof Error) || !('exitCode' in error)) throw error
    return error.exitCode === 0 ? exitCode.done : exitCode.usage
  }
  return code
}

function online(add: Add, program: Command, terminal: Terminal, finish: Finish): void {
  add('status', 'the gateway, its buses and breakers')
    .option('--buses', 'how each line is used, and what was counted of each unit on it', false)
    .action(async ({ json, api, buses }: Common & { buses: boolean }) => {
      const socket = terminal.findSocket(api)
      if (buses) finish(print(await call<BusesView>(socket, 'GET', '/v1/buses'), json, busesText, terminal))
      else finish(print(await call<StatusView>(socket, 'GET', '/v1/status'), json, statusText, terminal))
    })
  add('services', 'look once for FTP, Telnet and HTTP in the clear on the Ethernet interfaces; exit code 1 when there is one').action(
    async ({ json, api }: Common) => {
      const answered = await call<ServicesView>(terminal.findSocket(api), 'POST', '/v1/buses/services', {})
      const code = print(answered, json, servicesText, terminal)
      finish(answered.kind === 'ok' && answered.value.some(({ open }) => open.length > 0) ? exitCode.refused : code)
    },
  )
  program
    .command('metrics')
    .description('all figures in the text format of Prometheus')
    .option('--api <socket>', 'the socket of the gateway')
    .action(async ({ api }: { api?: string }) => {
      finish(print(await call<string>(terminal.findSocket(api), 'GET', '/v1/metrics'), false, (text) => text.trimEnd(), terminal))
    })
  add('locks', 'every lock: since when, by whom and why').action(async ({ json, api }: Common) => {
    const answered = await call<StatusView>(terminal.findSocket(api), 'GET', '/v1/status')
    if (answered.kind === 'ok' && json)
      return terminal.out(JSON.stringify(answered.value.breakers.map(({ name, locks: all }) => ({ name, locks: all }))))
    finish(print(answered, json, locksText, terminal))
  })
}

function locks(add: Add, terminal: Terminal, finish: Finish): void {
  const scope = new Option('--scope <scope>', 'what the lock covers').choices(scopes).default('control')
  add('unlock <breaker>', 'open a lock for a time: breakwall unlock Q1 --for 15m --reason "WO-1182 seal change"')
    .requiredOption('--for <time>', 'how long, such as 90s, 15m or 2h, at most what the site allows, usually 8h')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--work-order <number>', 'the number of the work order', '')
    .addOption(scope)
    .action(async (breaker: string, options: Common & { for: string; reason: string; scope: string; workOrder: string }) => {
      const forSeconds = toSeconds(options.for)
      if (forSeconds === undefined || forSeconds < 1 || forSeconds > MAX_UNLOCK_SECONDS) {
        return finish(wrongWords(terminal, `"${options.for}" is not a time from 1s to 24h`, 'write it as 90s, 15m or 2h'))
      }
      const body = { scope: options.scope, forSeconds, reason: options.reason, workOrder: options.workOrder }
      const answered = await call<LockView>(
        terminal.findSocket(options.api),
        'POST',
        `/v1/breakers/${encodeURIComponent(breaker)}/unlock`,
        body,
      )
      const words = (lock: LockView): string =>
        lock.locked
          ? `${breaker} ${options.scope} was locked again by ${lock.by} in the same moment`
          : `unlocked: ${breaker} ${options.scope} until ${new Date(lock.until).toLocaleTimeString('en-GB')}, by ${lock.by}`
      finish(print(answered, options.json, words, terminal))
    })
  add('lock <breaker>', 'shut a lock at once')
    .option('--reason <text>', 'why, for the record', 'locked by hand')
    .addOption(scope)
    .action(async (breaker: string, options: Common & { reason: string; scope: string }) => {
      const body = { scope: options.scope, reason: options.reason }
      const answered = await call<LockView>(
        terminal.findSocket(options.api),
        'POST',
        `/v1/breakers/${encodeURIComponent(breaker)}/lock`,
        body,
      )
      finish(print(answered, options.json, (lock) => `locked: ${breaker} ${options.scope}, by ${lock.by}`, terminal))
    })
}

function files(add: Add, program: Command, offline: Offline, finish: Finish): void {
  add('check <file>', 'every mistake in a configuration, with its place, and what to know about it').action(
    (file: string, { json }: Common) => finish(offline.check(file, json)),
  )
  program
    .command('serve')
    .description('run the gateway in the foreground')
    .requiredOption('--config <file>', 'its configuration, such as /etc/breakwall/breakwall.toml')
    .action(async ({ config }: { config: string }) => finish(await offline.serve(config)))
  program
    .command('console')
    .description('serve the pages in the foreground, beside a running gateway')
    .requiredOption('--config <file>', 'the configuration, such as /etc/breakwall/breakwall.toml')
    .action(async ({ config }: { config: string }) => finish(await offline.serveConsole(config)))
  program
    .command('probe <place>')
    .description('find who answers on a serial port or behind host:port, and print the configuration for it; nothing is written')
    .option('--units <list>', 'which unit ids to ask, such as 1-10,20; usual is 1-32, and 255 on Ethernet', 'usual')
    .option('--baud <list>', 'baud rates to try, such as 19200,9600, or all', 'all')
    .option('--format <list>', 'formats to try, such as 8E1,8N2, or all', 'all')
    .option('--timeout <time>', 'how long a unit has to answer, 20ms to 5s', '500ms')
    .option('--json', 'print JSON for a program', false)
    .action(async (place: string, options: Omit<ProbeAsked, 'place'>) => finish(await offline.probe({ place, ...options })))
  program
    .command('demo [args...]')
    .allowUnknownOption()
    .helpOption(false)
    .description('act as a SCADA client of the running demo: breakwall demo read Q1 | open Q1 | close Q1 | reset Q1')
    .action(async (args: string[]) => finish(await offline.demo(args)))
}

function profiles({ group, offline, finish }: Parts): void {
  const { plain } = group('profile', 'what the gateway knows of a breaker family')
  const own = new Option('--dir <folder>', 'a folder with profiles of your own, before the shipped ones')
  const json = new Option('--json', 'print JSON for a program').default(false)
  type Options = { json: boolean; dir?: string }
  const folders = ({ dir }: Options): string[] => (dir === undefined ? [] : [dir])
  plain('list', 'all profiles, with what each is for')
    .addOption(own)
    .addOption(json)
    .action((options: Options) => finish(offline.listProfiles(folders(options), options.json)))
  plain('show <name>', 'a profile as a table: commands, registers, classes and sources')
    .addOption(own)
    .addOption(json)
    .action((name: string, options: Options) => finish(offline.showProfile(name, folders(options), options.json)))
  plain('check <file>', 'every mistake in a profile, with its place')
    .addOption(own)
    .addOption(json)
    .action((file: string, options: Options) => finish(offline.checkProfile(file, folders(options), options.json)))
}
