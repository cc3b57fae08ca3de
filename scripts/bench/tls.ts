import { readFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { type TLSSocket, connect } from 'node:tls'
import { started } from './child.ts'
import { type Way, cpuSeconds, startHaproxy } from './haproxy.ts'
import { percentile } from './load.ts'
import type { Result } from './result.ts'
import { createBenchSite } from './site.ts'

const ROUNDS = 5
const AT_A_TIME = 8
const CONNECTIONS = 256
const RECONNECTS = 200
/** In each round: a quarter of a second is short for one number. */
const SET_UPS = 3
/** A read of the gateway's own unit: it is answered from memory, so that what is measured is the handshake. */
const READ = Buffer.from('000100000006ff0300000001', 'hex')

type Keys = { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer }

/** Connects from an address of the loopback, and resolves once a request was answered: only then has the server taken the certificate. */
function open(port: number, keys: Keys, from: string, session?: Buffer): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const tcp = connectTcp({ host: '127.0.0.1', port, localAddress: from, noDelay: true })
    const socket = connect({ socket: tcp, servername: 'localhost', ...keys, ...(session === undefined ? {} : { session }) })
    socket.once('secureConnect', () => socket.write(READ))
    socket.once('data', () => resolve(socket))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed before an answer')))
  })
}

/** Full handshakes, a few at a time; how many a second, and the server's CPU time for each, milliseconds. */
async function handshakes(way: Way, keys: Keys, seconds: number): Promise<{ readonly rate: number; readonly cpuMs: number }> {
  const until = performance.now() + seconds * 1000
  const before = cpuSeconds(way.process.pid)
  let done = 0
  const from = performance.now()
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      while (performance.now() < until) {
        const socket = await open(way.port, keys, '127.0.0.1')
        if (socket.isSessionReused()) throw new Error('a full handshake was meant')
        done += 1
        socket.destroy()
      }
    }),
  )
  const took = (performance.now() - from) / 1000
  return { rate: done / took, cpuMs: ((cpuSeconds(way.process.pid) - before) * 1000) / done }
}

/** Everything of a site connects at once, after a switch has come back. */
async function setUp(way: Way, keys: Keys): Promise<number> {
  const from = performance.now()
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, (_, i) => open(way.port, keys, `127.0.0.${1 + (i % 4)}`)))
  const took = performance.now() - from
  for (const socket of sockets) socket.destroy()
  await new Promise((resume) => setTimeout(resume, 300))
  return took
}

async function resumed(port: number, keys: Keys): Promise<number> {
  let ticket: Buffer | undefined
  let count = 0
  for (let i = 0; i <= RECONNECTS; i++) {
    const socket = await open(port, keys, '127.0.0.1', ticket)
    if (socket.isSessionReused()) count += 1
    // TLS 1.3 sends its tickets with or behind the first answer; each is used once.
    ticket = await new Promise<Buffer>((resolve) => {
      socket.once('session', resolve)
      const there = socket.getSession()
      if (there !== undefined) resolve(there)
    })
    socket.destroy()
  }
  return count
}

const middle = (values: readonly number[]): number => percentile(values, 50)

export async function tls(seconds: number): Promise<Result[]> {
  const site = createBenchSite()
  const device = await started('device.ts')
  const gateway = await site.start([{ name: 'eth', toml: `address = "127.0.0.1:${device.port}"`, breakers: [1] }])
  const { ca, cert, key } = site.files('gateway')
  const own = site.files('load')
  const keys = { ca: readFileSync(own.ca), cert: readFileSync(own.cert), key: readFileSync(own.key) }
  const plain = await started('tls-plain.ts', cert, key, ca)
  const haproxy = await startHaproxy(site, device.port, 'no-tls-tickets')
  const ways: Way[] = [
    { name: 'gateway', port: gateway.port, process: gateway.process },
    { name: 'plain', ...plain },
    ...(haproxy === undefined ? [] : [haproxy]),
  ]
  const samples = new Map(ways.map(({ name }) => [name, { rate: [] as number[], cpuMs: [] as number[], setUpMs: [] as number[] }]))
  try {
    for (let round = 0; round <= ROUNDS; round++)
      for (const way of ways) {
        const { rate, cpuMs } = await handshakes(way, keys, seconds / ROUNDS)
        const of = samples.get(way.name)
        for (let i = 0; i < SET_UPS && way.name !== 'haproxy'; i++) {
          const tookMs = await setUp(way, keys)
          if (round > 0) of?.setUpMs.push(tookMs)
        }
        if (round === 0) continue // the first round warms up
        of?.rate.push(rate)
        of?.cpuMs.push(cpuMs)
      }
    const count = await resumed(gateway.port, keys)
    return judge(samples, count)
  } finally {
    await gateway.stop()
    for (const child of [device.process, plain.process, haproxy?.process]) {
      child?.removeAllListeners('exit')
      child?.kill()
    }
    site.close()
  }
}

type Samples = ReadonlyMap<string, { readonly rate: number[]; readonly cpuMs: number[]; readonly setUpMs: number[] }>

function judge(samples: Samples, resumedCount: number): Result[] {
  const of = (name: string, pick: 'rate' | 'cpuMs' | 'setUpMs'): number => middle(samples.get(name)?.[pick] ?? [])
  const figures = Object.fromEntries(
    [...samples.keys()].flatMap((name) => [
      [`${name}PerSecond`, of(name, 'rate')],
      [`${name}CpuMs`, of(name, 'cpuMs')],
      [`${name}SetUpMs`, of(name, 'setUpMs')],
    ]),
  )
  const beside = samples.has('haproxy')
    ? [{ what: 'full handshakes/s', value: of('gateway', 'rate') / of('haproxy', 'rate'), unit: 'x haproxy', must: {}, figures: {} }]
    : []
  return [
    {
      what: 'full handshakes/s',
      value: of('gateway', 'rate') / of('plain', 'rate'),
      unit: 'x plain Node server',
      must: { atLeast: 0.9 },
      figures,
    },
    ...beside,
    {
      what: "the server's CPU time for each of them",
      value: of('gateway', 'cpuMs') / of('plain', 'cpuMs'),
      unit: 'x plain Node server',
      must: {},
      figures: {},
    },
    {
      what: `${CONNECTIONS} connections at once are set up`,
      value: of('gateway', 'setUpMs') / of('plain', 'setUpMs'),
      unit: 'x plain Node server',
      must: { atMost: 1.5 },
      figures: {},
    },
    {
      what: `${RECONNECTS} reconnects with a ticket that resume`,
      value: resumedCount / RECONNECTS,
      unit: 'of them',
      must: { atLeast: 1 },
      figures: {},
    },
  ]
}
