import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type SecurityEvent, event } from '../../src/events/index.ts'
import { type Journal, createJournal, startWriter } from '../../src/journal/index.ts'
import { realClock } from '../../src/platform/index.ts'
import type { Result } from './result.ts'

/** Rounds that are measured one after the other in turn; the medians of their ratios are the result. */
const ROUNDS = 5
/** Callers that each wait for their event before they send the next: a storm. */
const CALLERS = 4000
/** What a large journal is held against. */
const FEW = 50_000
const quiet = { info: () => undefined, warn: () => undefined }

const denied = (i: number): SecurityEvent =>
  event('operation-denied', {
    subject: `scada-${i % 11}`,
    role: 'Operator',
    source: `10.20.0.${i % 250}:50000`,
    breaker: `Q${i % 9}`,
    bus: 'rs485-1',
    unit: i % 9,
    class: i % 3 === 0 ? 'control' : 'clock',
    operation: 'close circuit breaker',
    functionCode: 16,
    correlation: `c${i}`,
    outcome: 'denied',
    reason: 'locked',
    firstFromHere: 'no',
    guard: '',
  })

const open = async (path: string): Promise<Journal> =>
  createJournal(
    await startWriter({ path, origin: { boot: 'bench', gateway: 'bench' }, keyCredential: undefined, utcUs: realClock.utcUs() }),
    realClock,
    quiet,
  )

/** The disk of the working folder: a memory disk would make every commit free. */
export async function journal(events: number): Promise<Result[]> {
  const folder = mkdtempSync(join(process.env['BENCH_FOLDER'] ?? process.cwd(), '.bench-journal-'))
  try {
    return [...(await pace(folder)), ...(await large(folder, events))]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function pace(folder: string): Promise<Result[]> {
  const one = await open(join(folder, 'pace.db'))
  const [ratios, permits]: [number[], number[]] = [[], []]
  let best = 0
  for (let round = 0; round < ROUNDS; round++) {
    const alone: number[] = []
    const began = realClock.now()
    for (let i = 0; i < 1500; i++) {
      const since = realClock.now()
      await one.append(denied(i))
      alone.push(realClock.now() - since)
    }
    const single = 1500 / (realClock.now() - began)
    const many = await storm(one, 60_000)
    ratios.push(many / single)
    best = Math.max(best, many * 1000)
    permits.push(quantile(await permitsBesideNotes(one), 0.99) / quantile(alone, 0.99))
  }
  await one.close()
  return [
    {
      what: 'events a second in a storm, to one commit for each',
      value: quantile(ratios, 0.5),
      unit: `x, ${Math.round(best)} a second`,
      must: { atLeast: 20 },
      figures: {},
    },
    {
      what: 'permit beside 1000 other events a second (p99), to one commit',
      value: quantile(permits, 0.5),
      unit: 'x',
      must: { atMost: 3 },
      figures: {},
    },
  ]
}

/** Events a millisecond when thousands come at the same time. */
async function storm(journal: Journal, count: number): Promise<number> {
  const began = realClock.now()
  let sent = 0
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (sent < count) {
        sent += 1
        await journal.append(denied(sent))
      }
    }),
  )
  return count / (realClock.now() - began)
}

async function permitsBesideNotes(journal: Journal): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < 400; i++) {
    for (let n = 0; n < 5; n++) journal.note(denied(n))
    await new Promise<void>((resolve) => void realClock.after(5, resolve))
    const since = realClock.now()
    await journal.append(denied(i))
    times.push(realClock.now() - since)
  }
  return times
}

const queries = [
  { breaker: 'Q3' },
  { subject: 'scada-7', mildest: 4 },
  { category: 'operation' },
  { mildest: 3 },
  { correlation: 'c500' },
  { breaker: 'Q1', category: 'operation', mildest: 3 },
] as const

async function large(folder: string, events: number): Promise<Result[]> {
  const [few, many] = [await filled(join(folder, 'few.db'), FEW), await filled(join(folder, 'many.db'), events)]
  const ratios = []
  for (let round = 0; round < ROUNDS; round++) ratios.push((await answers(many)) / (await answers(few)))
  await few.close()
  await many.close()
  const [small, big] = [verifying(join(folder, 'few.db')), verifying(join(folder, 'many.db'))]
  return [
    {
      what: `searches in ${events} events (p99), to those in ${FEW}`,
      value: quantile(ratios, 0.5),
      unit: 'x',
      must: { atMost: 3 },
      figures: {},
    },
    {
      what: `memory of verify for ${events} events, to that for ${FEW}`,
      value: big.bytes / small.bytes,
      unit: `x, ${Math.round(big.bytes / 1e6)} MB`,
      must: { atMost: 1.5 },
      figures: {},
    },
    {
      what: `time of verify for each event of ${events}, to that for ${FEW}`,
      value: big.ms / events / (small.ms / FEW),
      unit: `x, ${(big.ms / 1000).toFixed(1)} s`,
      must: { atMost: 3 },
      figures: {},
    },
  ]
}

/** A journal of so many events, open. */
export async function filled(path: string, events: number): Promise<Journal> {
  const one = await open(path)
  for (let i = 0; i < events; i++) {
    one.note(denied(i))
    if (i % 5000 === 0) await one.flush()
  }
  await one.flush()
  return one
}

async function answers(journal: Journal): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 20; i++)
    for (const query of queries)
      for (const newest of [true, false]) {
        const since = realClock.now()
        await journal.query({ after: 0, limit: 100, newest, ...query })
        times.push(realClock.now() - since)
      }
  return quantile(times, 0.99)
}

/** The command as a person calls it, with what it took. */
function verifying(path: string): { readonly ms: number; readonly bytes: number } {
  const began = realClock.now()
  const script = `
    const { verifyJournal, justTheChain } = await import(${JSON.stringify(join(import.meta.dirname, '../../src/journal/index.ts'))})
    if (verifyJournal(${JSON.stringify(path)}, justTheChain).kind !== 'whole') throw new Error('not whole')
    const { readFileSync } = await import('node:fs')
    const peak = /VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))
    process.stdout.write(String(Number(peak[1]) * 1024))`
  const ran = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(ran.stderr)
  return { ms: realClock.now() - began, bytes: Number(ran.stdout) }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
