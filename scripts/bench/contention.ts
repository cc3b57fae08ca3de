import { type TrueLine, physicalLimit, startTrueLine } from '../../hil/rig/true-line.ts'
import { type Ask, type LoadClient, percentile, read } from './load.ts'
import type { Result } from './result.ts'
import { type BenchGateway, type BenchSite, createBenchSite } from './site.ts'

/** What clients do to each other on one line at 19200 baud: sharing, priority, fairness, and a breaker that is dead. */
export const BAUD = 19200
export const DELAY_MS = 5
const characterMs = 11_000 / BAUD
const gapMs = 3.5 * characterMs
const transactionMs = (characters: number): number => characters * characterMs + DELAY_MS + 2 * gapMs
/** FC 3 of 10 registers: 8 and 25 characters. FC 16 of 20 registers: 49 and 8. */
export const READ_MS = transactionMs(33)
export const CONTROL_MS = transactionMs(57)
const GREEDY = 8
/** The first seconds of a process are its compiler's. */
const WARM_UP_MS = 2000

type Scene = { readonly rig: TrueLine; readonly site: BenchSite; readonly gateway: BenchGateway }

async function scene<T>(addresses: readonly number[], run: (scene: Scene) => Promise<T>): Promise<T> {
  const rig = await startTrueLine({ baud: BAUD, deviceDelayMs: DELAY_MS, addresses })
  const site = createBenchSite()
  const gateway = await site.start([{ name: 'line', toml: `port = "${rig.path}"\nbaud = ${BAUD}\necho = "no"`, breakers: addresses }])
  try {
    return await run({ rig, site, gateway })
  } finally {
    await gateway.stop()
    await rig.close()
    site.close()
  }
}

/** Reads of a client's own registers: nobody else asks for just these, so nothing can be shared. */
const own = (i: number, unit = 1): (() => Ask) => {
  let at = 0
  return () => read(unit, 12_000 + i + 10 * (at++ % 9), 10)
}

const greedyClients = ({ site, gateway }: Scene): Promise<LoadClient[]> =>
  Promise.all(Array.from({ length: GREEDY }, (_, i) => site.client(gateway.port, `greedy-${i}`)))

export const sharing = (seconds: number): Promise<Result[]> =>
  scene([1], async ({ site, gateway, rig }) => {
    const clients = await Promise.all(Array.from({ length: 32 }, () => site.client(gateway.port, 'screen')))
    const from = performance.now() + 1000
    const all = await Promise.all(clients.map((client) => client.saturate(1, () => read(1, 12_000, 10), from, from + seconds * 1000)))
    const latencies = all.flatMap((measured) => measured.latencies)
    for (const client of clients) client.close()
    const answers = latencies.length / seconds
    const busRate = physicalLimit(BAUD, DELAY_MS, 10)
    const p50 = percentile(latencies, 50)
    const figures = { answersPerSecond: answers, busRate, p50Ms: p50, ...rig.counts() }
    return [
      {
        what: '32 clients that poll the same registers',
        value: answers / busRate,
        unit: 'x the bus rate',
        must: { atLeast: 30 },
        figures,
      },
      { what: 'the same, p50', value: p50 / READ_MS, unit: 'transactions', must: { atMost: 2 }, figures },
    ]
  })

/** The 20 registers of "open" and "close" for a ComPacT NSX (DOCA0091EN); the gateway puts the password in. */
export function command(code: 904 | 905, unit = 1): Ask {
  const pdu = Buffer.alloc(46)
  pdu.set([16, 0x1f, 0x3f, 0, 20, 40])
  const registers = [code, 10, 4353, 1, ...Array<number>(13).fill(0), 8019, 8020, 8021]
  registers.forEach((value, i) => pdu.writeUInt16BE(value, 6 + 2 * i))
  return { unit, pdu }
}

export const control = (seconds: number): Promise<Result> =>
  scene([1], async (all) => {
    const { site, gateway, rig } = all
    await gateway.run('unlock', 'B1', '--for', '1h', '--reason', 'bench')
    const greedy = await greedyClients(all)
    const operator = await site.client(gateway.port, 'operator')
    const from = performance.now()
    const until = from + seconds * 1000
    const load = Promise.all(greedy.map((client, i) => client.saturate(8, own(i), from, until)))
    const latencies: number[] = []
    const refused: number[] = []
    for (let close = true; performance.now() < until - 1000; close = !close) {
      const { ms, pdu } = await operator.ask(command(close ? 905 : 904))
      if (pdu[0] !== 16) refused.push(pdu[1] ?? 0)
      else if (performance.now() > from + WARM_UP_MS) latencies.push(ms)
      // Apart by no fixed time, so that it comes at every phase of the transaction on the line.
      await new Promise((resume) => setTimeout(resume, 350 + 37 * (latencies.length % 9)))
    }
    await load
    for (const client of [...greedy, operator]) client.close()
    const mostMs = READ_MS + CONTROL_MS + 10
    const p99 = percentile(latencies, 99)
    return {
      what: 'a control write beside 8 clients of depth 8, p99',
      value: p99,
      unit: 'ms',
      must: { atMost: mostMs },
      figures: { p50Ms: percentile(latencies, 50), writes: latencies.length, refused: refused.join(' '), mostMs, ...rig.counts() },
    }
  })

export const poller = (seconds: number): Promise<Result> =>
  scene([1], async (all) => {
    const { site, gateway, rig } = all
    const greedy = await greedyClients(all)
    const calm = await site.client(gateway.port, 'calm')
    const from = performance.now()
    const until = from + seconds * 1000
    const load = Promise.all(greedy.map((client, i) => client.saturate(8, own(i), from, until)))
    const latencies: number[] = []
    for (let at = from + 500; at < until - 500; at += 500) {
      await new Promise((resume) => setTimeout(resume, at - performance.now()))
      latencies.push((await calm.ask(read(1, 12_100, 10))).ms)
    }
    const greedyAnswers = (await load).map((measured) => measured.latencies.length)
    for (const client of [...greedy, calm]) client.close()
    const mostMs = 2 * READ_MS + CONTROL_MS
    return {
      what: 'a 2 Hz poller beside 8 greedy clients, p99',
      value: percentile(latencies, 99),
      unit: 'ms',
      must: { atMost: mostMs },
      figures: {
        p50Ms: percentile(latencies, 50),
        polls: latencies.length,
        mostMs,
        fewestOfAGreedyOne: Math.min(...greedyAnswers),
        mostOfAGreedyOne: Math.max(...greedyAnswers),
        ...rig.counts(),
      },
    }
  })

/** Seven breakers with one client each, alone; then the same with an eighth that never answers. */
export const deadUnit = (seconds: number): Promise<Result> =>
  scene([1, 2, 3, 4, 5, 6, 7, 8], async ({ site, gateway, rig }) => {
    const clients = await Promise.all(Array.from({ length: 8 }, (_, i) => site.client(gateway.port, `client-${i}`)))
    const run = async (count: number): Promise<number[]> => {
      const from = performance.now()
      const all = await Promise.all(
        clients.slice(0, count).map((client, i) => client.saturate(2, own(0, i + 1), from, from + seconds * 1000)),
      )
      return all.map((measured) => measured.latencies.length / seconds)
    }
    const sum = (rates: readonly number[]): number => rates.slice(0, 7).reduce((total, rate) => total + rate, 0)
    const alone = sum(await run(7))
    rig.mute([8])
    const beside = await run(8)
    for (const client of clients) client.close()
    return {
      what: 'one dead breaker of eight: what the seven keep',
      value: sum(beside) / alone,
      unit: 'of their throughput',
      must: { atLeast: 0.95 },
      figures: { aloneEachSecond: alone, besideEachSecond: sum(beside), seconds, ...rig.counts() },
    }
  })
