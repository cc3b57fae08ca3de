import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { SecurityEvent } from '../../src/events/index.ts'
import type { Journal } from '../../src/journal/index.ts'
import { type Clock, cipherSuites, realClock, realRandom } from '../../src/platform/index.ts'
import { type Sink, type SinkSettings, type SinkTransport, startSink } from '../../src/syslog/index.ts'
import { freePort } from '../../scripts/bench/free-port.ts'
import { openJournal, something } from '../support/journals.ts'
import { issue, makeAuthority } from '../support/pki.ts'
import { type ReceiverKind, Rsyslog, canMount, skipWithoutRsyslog } from '../support/rsyslog.ts'

const EVENTS = 3000
const skip = skipWithoutRsyslog()
t.setTimeout(300_000)

type Test = { same(a: unknown, b: unknown, why: string): unknown; comment(text: string): unknown }
type World = { readonly folder: string; readonly pki: string; readonly journal: Journal; close(): Promise<void> }

async function world(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-rsyslog-'))
  const pki = join(folder, 'pki')
  await makeAuthority(pki)
  await issue(pki, 'receiver', { kind: 'server', hosts: ['localhost', '127.0.0.1'] })
  await issue(pki, 'receiver-2', { kind: 'server', hosts: ['localhost', '127.0.0.1'] })
  await issue(pki, 'gateway', { kind: 'client-without-role' })
  const journal = await openJournal(join(folder, 'journal.db'))
  return {
    folder,
    pki,
    journal,
    async close() {
      await journal.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const filesOf = (pki: string, name: string) => ({
  ca: join(pki, 'site-ca.crt'),
  certificate: join(pki, `${name}.crt`),
  key: join(pki, `${name}.key`),
})

function settingsOf({ pki }: World, kind: ReceiverKind, ...ports: readonly [number, ...number[]]): SinkSettings {
  const read = (name: string): string => readFileSync(join(pki, name), 'utf8')
  const tls = {
    trust: { kind: 'authority', pem: read('site-ca.crt') } as const,
    serverName: 'localhost',
    ciphers: cipherSuites,
    pair: { certificate: read('gateway.crt'), key: read('gateway.key') },
  }
  const transports: Readonly<Record<ReceiverKind, SinkTransport>> = {
    udp: { kind: 'udp' },
    tcp: { kind: 'tcp', framing: 'octet-counting' },
    tls: { kind: 'tls', tls },
    relp: { kind: 'relp', tls: 'none' },
    'relp-tls': { kind: 'relp', tls },
  }
  const [first, ...others] = ports
  return {
    name: 'soc',
    transport: transports[kind],
    format: 'rfc5424',
    facility: 13,
    mildest: 7,
    categories: 'all',
    hostName: '',
    enterprise: 32473,
    byteOrderMark: false,
    headerTime: 'local',
    behind: { events: 10_000, ms: 60_000 },
    catchUpPerSecond: 50_000,
    receivers: [{ host: '127.0.0.1', port: first }, ...others.map((port) => ({ host: '127.0.0.1', port }))],
  }
}

/** Pauses and time-outs are a quarter of what they are in a gateway: an outage of seconds here stands for a long one. */
const hurried: Clock = { ...realClock, after: (ms, run) => realClock.after(ms / 4, run) }

const start = (settings: SinkSettings, journal: Journal, note: (event: SecurityEvent) => void = () => undefined): Promise<Sink> =>
  startSink(settings, { journal, note, clock: hurried, random: realRandom, pid: 1, version: '1.0.0', zone: 'UTC' })

async function write(journal: Journal, count: number): Promise<void> {
  for (let i = 0; i < count; i++) journal.note(something(i))
  await journal.flush()
}

async function until(what: string, done: () => boolean, seconds = 60): Promise<void> {
  const end = realClock.now() + seconds * 1000
  while (!done()) {
    if (realClock.now() > end) throw new Error(`not within ${seconds} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Everything from 1 to `last` is with the receiver; what came twice is no more than what was under way. */
function nothingLost(t: Test, receivers: readonly Rsyslog[], last: number, what: string): number {
  const seqs = receivers.flatMap((one) => one.seqs())
  const got = new Set(seqs)
  const missing = Array.from({ length: last }, (_, i) => i + 1).filter((seq) => !got.has(seq))
  t.same(missing, [], `${what}: 0 of ${last} lost`)
  const twice = seqs.length - got.size
  t.comment(`${what}: ${last} events, 0 lost, ${twice} came twice`)
  return twice
}

/** First occurrences come in their order. */
const inOrder = (seqs: readonly number[]): boolean => {
  let highest = 0
  const seen = new Set<number>()
  return seqs.every((seq) => {
    if (seen.has(seq)) return true
    seen.add(seq)
    if (seq < highest) return false
    highest = seq
    return true
  })
}

for (const kind of ['relp-tls', 'tls', 'relp', 'tcp'] as const) {
  t.test(`${kind}: events reach a real receiver, each once and in order [S-10] [CR 6.2]`, { skip }, async (t) => {
    const here = await world()
    const receiver = new Rsyslog({ folder: join(here.folder, 'r'), kind, port: await freePort(), files: filesOf(here.pki, 'receiver') })
    t.teardown(() => receiver.stop('SIGKILL').then(() => here.close()))
    await receiver.start()
    await write(here.journal, 500)
    const sink = await start(settingsOf(here, kind, receiver.port), here.journal)
    await write(here.journal, EVENTS - 500)
    await until('it is known to work, and gets more at a time', () => sink.upTo() >= EVENTS - 1000)
    await sink.close()
    const last = here.journal.head().seq
    t.ok(sink.upTo() >= last)
    t.equal(nothingLost(t, [receiver], last, kind), 0, 'none came twice')
    t.ok(inOrder(receiver.seqs()))
  })
}

/** What is done to the receiver while events keep coming. Resolves when it is well again. */
type Trouble = (receiver: Rsyslog, here: World, more: () => Promise<void>) => Promise<void>
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const troubles: Readonly<Record<string, Trouble>> = {
  async 'frozen, killed and started again'(receiver, _here, more) {
    receiver.freeze()
    await more()
    await pause(400)
    await receiver.stop('SIGKILL')
    await more()
    await receiver.start()
  },
  async 'killed in the middle of a stream'(receiver, _here, more) {
    const writing = more()
    await until('it has some', () => receiver.seqs().length > 300)
    await receiver.stop('SIGKILL')
    await writing
    await receiver.start()
  },
  async 'frozen for longer than it may be silent'(receiver, _here, more) {
    receiver.freeze()
    await more()
    await pause(2500)
    receiver.thaw()
  },
  async 'restarted in order'(receiver, _here, more) {
    const writing = more()
    await receiver.stop('SIGTERM')
    await receiver.start()
    await writing
  },
  async 'away for a long time'(receiver, _here, more) {
    await receiver.stop('SIGTERM')
    for (let i = 0; i < 5; i++) {
      await more()
      await pause(500)
    }
    await receiver.start()
  },
  async 'with another certificate, first one of a foreign authority'(receiver, { folder, pki }, more) {
    const foreign = join(folder, 'foreign')
    await makeAuthority(foreign)
    await issue(foreign, 'receiver', { kind: 'server', hosts: ['localhost', '127.0.0.1'] })
    await receiver.stop('SIGTERM')
    await receiver.start({
      ...filesOf(pki, 'receiver'),
      certificate: join(foreign, 'receiver.crt'),
      key: join(foreign, 'receiver.key'),
    })
    await more()
    await pause(1000)
    await receiver.stop('SIGTERM')
    await receiver.start(filesOf(pki, 'receiver-2'))
  },
}

for (const kind of ['relp-tls', 'tls'] as const) {
  for (const [name, trouble] of Object.entries(troubles)) {
    t.test(`${kind}, the receiver ${name}: 0 events lost [S-39] [CR 2.10]`, { skip }, async (t) => {
      const here = await world()
      const receiver = new Rsyslog({ folder: join(here.folder, 'r'), kind, port: await freePort(), files: filesOf(here.pki, 'receiver') })
      t.teardown(() => receiver.stop('SIGKILL').then(() => here.close()))
      await receiver.start()
      const noted: string[] = []
      const sink = await start(settingsOf(here, kind, receiver.port), here.journal, (told) => noted.push(told.id))
      await write(here.journal, EVENTS)
      await until('the first are there', () => receiver.seqs().length > 100)
      await trouble(receiver, here, () => write(here.journal, EVENTS))
      await write(here.journal, 10)
      const last = here.journal.head().seq
      await until('everything is there', () => new Set(receiver.seqs()).size >= last)
      await sink.close()
      t.ok(sink.upTo() >= last)
      nothingLost(t, [receiver], last, `${kind}, ${name}`)
      t.equal(noted[0], 'sink-connected')
    })
  }

  t.test(
    `${kind}, the disk of the receiver is full and has room again: 0 events lost [S-39]`,
    { skip: skip || (canMount() ? false : 'no file system of its own can be made here') },
    async (t) => {
      const here = await world()
      const files = filesOf(here.pki, 'receiver')
      const receiver = new Rsyslog({ folder: join(here.folder, 'r'), kind, port: await freePort(), files, diskKb: 2048 })
      t.teardown(() => receiver.stop('SIGKILL').then(() => here.close()))
      await receiver.start()
      const sink = await start(settingsOf(here, kind, receiver.port), here.journal)
      await write(here.journal, 500)
      await until('the first are there', () => receiver.seqs().length >= 100)
      const filler = join(receiver.file, '../filler')
      let size = 2048 * 1024
      for (; size > 1024; size = Math.floor(size / 2)) {
        try {
          writeFileSync(filler, Buffer.alloc(size), { flag: 'a' })
        } catch {
          // what fits is in it
        }
      }
      await write(here.journal, EVENTS)
      await pause(1500)
      t.ok(sink.upTo() < here.journal.head().seq, 'it waits')
      rmSync(filler)
      const last = here.journal.head().seq
      await until('everything is there', () => new Set(receiver.seqs()).size >= last)
      await sink.close()
      t.ok(sink.upTo() >= last)
      nothingLost(t, [receiver], last, `${kind}, disk full`)
    },
  )

  t.test(
    `${kind}, a pair of receivers: the second takes events while the first is away, and gives them back [S-39]`,
    { skip },
    async (t) => {
      const here = await world()
      const one = async (name: string): Promise<Rsyslog> =>
        new Rsyslog({ folder: join(here.folder, name), kind, port: await freePort(), files: filesOf(here.pki, 'receiver') })
      const [first, second] = [await one('first'), await one('second')]
      t.teardown(() => Promise.all([first.stop('SIGKILL'), second.stop('SIGKILL')]).then(() => here.close()))
      await Promise.all([first.start(), second.start()])
      const noted: SecurityEvent[] = []
      const sink = await start(settingsOf(here, kind, first.port, second.port), here.journal, (told) => noted.push(told))
      await write(here.journal, 1000)
      await until('the first has some', () => first.seqs().length > 100)
      await first.stop('SIGKILL')
      await write(here.journal, 1000)
      await until('the second takes over', () => second.seqs().length > 100)
      await first.start()
      await until('the first has it again', () => sink.status().receiver.endsWith(`:${first.port}`), 30)
      const before = first.seqs().length
      await write(here.journal, 1000)
      const last = here.journal.head().seq
      await until('everything is there', () => new Set([...first.seqs(), ...second.seqs()]).size >= last)
      t.ok(first.seqs().length > before, 'the first goes on')
      await until('it is told', () => noted.length >= 4)
      await sink.close()
      nothingLost(t, [first, second], last, `${kind}, pair`)
      t.match(
        noted.map(({ id }) => id),
        ['sink-connected', 'sink-disconnected', 'sink-connected', 'sink-connected'],
      )
    },
  )
}
