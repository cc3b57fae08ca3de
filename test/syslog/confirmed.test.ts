import { createSocket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import type { SecurityEvent } from '../../src/events/index.ts'
import { cipherSuites } from '../../src/platform/index.ts'
import { type SinkSettings, type SinkTransport, startSink } from '../../src/syslog/index.ts'
import { memoryJournal, turns } from '../support/memory-journal.ts'
import { issue, makeAuthority } from '../support/pki.ts'
import { type Behaviour, type Receiver, type Transport, startReceiver } from '../support/receivers.ts'

t.setTimeout(300_000)
const EVENTS = 20
const MINUTES = 5
/** Pauses double from 0.5 to 30 s and are at least half of that: so many tries at most in the minutes. */
const MOST_TRIES = 7 + (MINUTES * 60) / 15

const folder = mkdtempSync(join(tmpdir(), 'breakwall-confirmed-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
await makeAuthority(folder)
await issue(folder, 'receiver', { kind: 'server', hosts: ['localhost'] })
const read = (name: string): Buffer => readFileSync(join(folder, name))
const pem = { ca: read('site-ca.crt'), cert: read('receiver.crt'), key: read('receiver.key') }
const tls = {
  trust: { kind: 'authority' as const, pem: pem.ca.toString('utf8') },
  pair: 'none' as const,
  serverName: 'localhost',
  ciphers: cipherSuites,
}
const transports: Readonly<Record<Transport | 'udp', SinkTransport>> = {
  tcp: { kind: 'tcp', framing: 'octet-counting' },
  tls: { kind: 'tls', tls },
  relp: { kind: 'relp', tls: 'none' },
  'relp-tls': { kind: 'relp', tls },
  udp: { kind: 'udp' },
}

/** A sink on a virtual clock and real sockets of this process; each event about the sink is one more that it has to send. */
async function start(transport: Transport | 'udp', hosts: readonly { readonly host: string; readonly port: number }[]) {
  const clock = virtualClock()
  const journal = memoryJournal(clock, EVENTS)
  const noted: SecurityEvent[] = []
  const [first, ...others] = hosts
  if (first === undefined) throw new Error('a sink has a receiver')
  const settings: SinkSettings = {
    name: 'soc',
    receivers: [first, ...others],
    transport: transports[transport],
    format: 'rfc5424',
    facility: 13,
    mildest: 7,
    categories: 'all',
    hostName: '',
    enterprise: 32473,
    headerTime: 'local',
    byteOrderMark: false,
    behind: { events: 1_000_000, ms: 86_400_000 },
    catchUpPerSecond: 2000,
  }
  const sink = await startSink(settings, {
    journal: journal as never,
    note(told) {
      noted.push(told)
      journal.add()
    },
    clock,
    random: { bytes: () => Uint8Array.of(0), uuid: () => '' },
    pid: 1,
    version: '1',
    zone: 'UTC',
  })
  const pass = async (ms: number): Promise<void> => {
    for (let done = 0; done < ms; done += 250) {
      await turns(12)
      clock.advance(250)
    }
    await turns(12)
  }
  return {
    sink,
    journal,
    noted,
    pass,
    told: (id: string) => noted.filter((one) => one.id === id).length,
    end: async (): Promise<void> => {
      const closing = sink.close()
      await pass(6000)
      await closing
    },
  }
}

const missing = (last: number, ...got: readonly (readonly number[])[]): number[] => {
  const all = new Set(got.flat())
  return Array.from({ length: last }, (_, i) => i + 1).filter((seq) => !all.has(seq))
}

type Trouble = Exclude<Behaviour, 'good'> | 'refused'
const everywhere: readonly Trouble[] = ['refused', 'closes-at-once', 'breaks-at-first', 'breaks-at-third', 'never-answers']
const onlyTls: readonly Trouble[] = ['no-handshake', 'wants-certificate']

async function troubled(transport: Transport, trouble: Trouble): Promise<Receiver> {
  const receiver = await startReceiver(transport, pem, trouble === 'refused' ? 'good' : trouble)
  if (trouble === 'refused') await receiver.close()
  return receiver
}

for (const transport of ['tcp', 'tls', 'relp', 'relp-tls'] as const) {
  const troubles = transport.endsWith('tls') ? [...everywhere, ...onlyTls] : everywhere
  for (const trouble of troubles) {
    /** It confirms two messages of each connection, so that tries go on with the events: it works for a while, and fails again. */
    const confirmsSome = trouble === 'breaks-at-third'
    const mostTold = confirmsSome ? 4 : 1

    t.test(`${transport}, ${trouble}: pauses grow, the state is told once, and nothing is lost [S-39] [CR 2.10]`, async (t) => {
      const bad = await troubled(transport, trouble)
      const { sink, journal, told, pass, end } = await start(transport, [{ host: '127.0.0.1', port: bad.port }])
      await pass(MINUTES * 60_000)
      const most = MOST_TRIES + (confirmsSome ? 3 * EVENTS : 0)
      t.ok(bad.connections() <= most, `${bad.connections()} connections in ${MINUTES} minutes, at most ${most}`)
      t.ok(bad.messages() <= 2 * most, `${bad.messages()} messages`)
      t.ok(told('sink-disconnected') <= mostTold && told('sink-disconnected') > 0, `${told('sink-disconnected')} times told`)
      t.ok(told('sink-connected') <= (confirmsSome ? mostTold : 0))
      t.ok(journal.head().seq <= EVENTS + 2 * mostTold, 'the sink does not feed itself')
      if (!confirmsSome) {
        t.equal(sink.upTo(), 0, 'nothing counts as delivered')
        t.not(sink.status().state.kind, 'delivers')
      }
      // It is well again.
      const well = trouble === 'refused' ? await startReceiver(transport, pem, 'good', bad.port) : bad
      well.behave('good')
      await pass(90_000)
      t.same(missing(journal.head().seq, well.got), [], 'it has everything')
      t.equal(sink.upTo(), journal.head().seq)
      t.equal(sink.status().state.kind, 'delivers')
      if (!confirmsSome) t.equal(told('sink-connected'), 1)
      await end()
      await well.close()
    })

    t.test(`${transport}, ${trouble}, with a fallback: it has everything, and keeps it [S-39] [CR 2.10]`, async (t) => {
      const bad = await troubled(transport, trouble)
      const second = await startReceiver(transport, pem)
      const { sink, journal, told, pass, end } = await start(transport, [
        { host: '127.0.0.1', port: bad.port },
        { host: '127.0.0.1', port: second.port },
      ])
      await pass(45_000)
      t.same(missing(journal.head().seq, second.got, confirmsSome ? bad.got : []), [], 'within 45 s, of which 30 are for a reply of RELP')
      if (!confirmsSome) {
        t.equal(sink.status().receiver.endsWith(`:${second.port}`), true)
        t.equal(sink.status().state.kind, 'delivers')
      }
      for (let minute = 1; minute < MINUTES; minute++) {
        journal.add()
        await pass(60_000)
      }
      // One that takes some messages of each connection gets the events now and then.
      t.same(missing(journal.head().seq, second.got, confirmsSome ? bad.got : []), [])
      t.equal(sink.upTo(), journal.head().seq)
      t.ok(bad.connections() <= 4 + 6 * MINUTES, `${bad.connections()} connections to the first`)
      t.ok(second.connections() <= 4 + 6 * MINUTES + 2 * EVENTS, `${second.connections()} connections to the second`)
      t.ok(told('sink-disconnected') <= mostTold && told('sink-disconnected') > 0, `${told('sink-disconnected')} times told`)
      t.ok(told('sink-connected') <= (confirmsSome ? 2 * mostTold : 1))
      t.ok(journal.head().seq <= EVENTS + MINUTES + 3 * mostTold, 'the sink does not feed itself')
      const well = trouble === 'refused' ? await startReceiver(transport, pem, 'good', bad.port) : bad
      well.behave('good')
      await pass(61_000)
      t.equal(sink.status().receiver.endsWith(`:${well.port}`), true, 'back at the first')
      const last = journal.add()
      await pass(31_000)
      t.ok(well.got.includes(last))
      await end()
      await Promise.all([well.close(), second.close()])
    })
  }
}

t.test(
  'udp: what this machine cannot send is tried with pauses and goes to the fallback; what it sends is not called confirmed',
  async (t) => {
    const { port, got, close: closeReceiver } = await startUdp()
    // Broadcast is not allowed to this socket: the kernel refuses each datagram.
    const refused = { host: '255.255.255.255', port: 514 }
    const alone = await start('udp', [refused])
    await alone.pass(MINUTES * 60_000)
    t.equal(alone.sink.upTo(), 0)
    t.ok(alone.sink.status().sent <= MOST_TRIES, `${alone.sink.status().sent} tries`)
    t.equal(alone.told('sink-disconnected'), 1)
    t.match(alone.sink.status().state, { kind: 'failed', why: /EACCES|EPERM|ENETUNREACH/ })
    await alone.end()
    const pair = await start('udp', [refused, { host: '127.0.0.1', port }])
    await pair.pass(MINUTES * 60_000)
    t.same(missing(pair.journal.head().seq, got), [])
    t.equal(pair.sink.status().state.kind, 'sends')
    t.ok(pair.journal.head().seq <= EVENTS + 3)
    await pair.end()
    closeReceiver()
  },
)

async function startUdp() {
  const got: number[] = []
  const socket = createSocket('udp4')
  socket.on('message', (message) => got.push(Number(/ seq="(\d+)"/.exec(message.toString('utf8'))?.[1])))
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return { got, port: socket.address().port, close: () => socket.close() }
}
