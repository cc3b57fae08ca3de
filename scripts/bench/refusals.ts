import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { command } from './contention.ts'
import { type LoadClient, percentile } from './load.ts'
import type { Result } from './result.ts'
import { type BenchGateway, type BenchSite, createBenchSite } from './site.ts'
import { startDevice } from './starvation.ts'

const HOSTILE = { connections: 8, depth: 16 } as const
/** Distance of the operator's commands, and of the refused ones of another client, milliseconds. */
const BETWEEN_MS = 100
const WARM_UP_SECONDS = 4
/** A journal of 1 GB then lasts ten hours of such a flood. */
const MOST_MB_PER_HOUR = 100

type Tries = { readonly ms: readonly number[]; readonly commands: number; readonly denied: number }
/** Refusals of one client as the journal has them: events, and those that `events-collapsed` counts. */
type Recorded = (subject: string) => { readonly events: number; readonly counted: number }

/** An operator's commands, and what another client is refused, beside connections that repeat refused writes as fast as they can. */
export async function floodOfRefusals(seconds: number): Promise<readonly Result[]> {
  const site = createBenchSite()
  const device = await startDevice()
  const gateway = await site.start([{ name: 'eth', toml: `address = "127.0.0.1:${device.port}"`, breakers: [1, 2] }])
  const [operator, other] = [await site.client(gateway.port, 'operator'), await site.client(gateway.port, 'other')]
  try {
    await gateway.run('unlock', 'B1', '--for', '1h', '--reason', 'bench')
    const before = await operate(operator, other, WARM_UP_SECONDS)
    const alone = await operate(operator, other, Math.max(5, seconds / 3))
    const quietBytes = bytesOf(site.folder)
    const flooding = hostile(gateway, site, seconds)
    const beside = await operate(operator, other, seconds)
    const refused = await flooding
    const bytes = bytesOf(site.folder) - quietBytes
    await gateway.stop()
    const denied = before.denied + alone.denied + beside.denied
    return results(seconds, { alone, beside, refused, denied, bytes, recorded: recordIn(site.folder) })
  } finally {
    operator.close()
    other.close()
    if (gateway.process.exitCode === null) gateway.process.kill('SIGKILL')
    device.close()
    site.close()
  }
}

async function operate(operator: LoadClient, other: LoadClient, seconds: number): Promise<Tries> {
  const ms: number[] = []
  let [commands, denied] = [0, 0]
  const until = performance.now() + seconds * 1000
  for (let at = performance.now(); performance.now() < until; at = Math.max(at + BETWEEN_MS, performance.now())) {
    await new Promise((resume) => setTimeout(resume, Math.max(0, at - performance.now())))
    const code = commands % 2 === 0 ? 904 : 905
    const answer = await operator.ask(command(code))
    commands += 1
    if (answer.pdu[0] === 16) ms.push(answer.ms)
    const refusal = await other.ask(command(code, 2))
    if (refusal.pdu[0] === 0x90 && refusal.pdu[1] === 1) denied += 1
  }
  return { ms, commands, denied }
}

/** In a process of its own with the least share of this machine: it stands for other machines. Resolves with the answers 01 that it got. */
async function hostile(gateway: BenchGateway, site: BenchSite, seconds: number): Promise<number> {
  const { ca, cert, key } = site.files('hostile')
  const numbers = [gateway.port, seconds, HOSTILE.connections, HOSTILE.depth, 2].map(String)
  const program = join(import.meta.dirname, 'refused.ts')
  const child = spawn('nice', ['-n', '19', process.execPath, program, ...numbers, command(905).pdu.toString('hex'), ca, cert, key], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
  await once(child, 'close')
  return Number(/"refused":(\d+)/.exec(said)?.[1])
}

function openIn(folder: string): Database.Database {
  const state = readdirSync(folder).find((name) => name.startsWith('state-')) ?? ''
  return new Database(join(folder, state, 'journal.db'), { readonly: true })
}

/** The text of all events, bytes: the file grows in steps. */
function bytesOf(folder: string): number {
  const db = openIn(folder)
  const bytes = db.prepare<[], number>('SELECT coalesce(sum(length(body)) + 128 * count(*), 0) FROM record').pluck().get()
  db.close()
  return bytes ?? 0
}

function recordIn(folder: string): Recorded {
  const db = openIn(folder)
  const bodies = db.prepare<[], string>('SELECT body FROM record').pluck().all()
  db.close()
  const found = new Map<string, { events: number; counted: number }>()
  for (const body of bodies) {
    const { id, fields } = JSON.parse(body) as { id: string; fields: Record<string, unknown> }
    const of = found.get(String(fields['subject'])) ?? { events: 0, counted: 0 }
    found.set(String(fields['subject']), of)
    if (id === 'operation-denied') of.events += 1
    if (id === 'events-collapsed' && fields['event'] === 'operation-denied') of.counted += Number(fields['count'])
  }
  return (subject) => found.get(subject) ?? { events: 0, counted: 0 }
}

type Measured = {
  readonly alone: Tries
  readonly beside: Tries
  readonly refused: number
  readonly denied: number
  readonly bytes: number
  readonly recorded: Recorded
}

function results(seconds: number, { alone, beside, refused, denied, bytes, recorded }: Measured): Result[] {
  const [aloneMs, besideMs] = [percentile(alone.ms, 99), percentile(beside.ms, 99)]
  const [hostileRecord, otherRecord] = [recorded('hostile'), recorded('other')]
  const flood = `beside ${HOSTILE.connections} connections that repeat refused writes for ${seconds} s`
  return [
    {
      what: `a permitted command (p99) ${flood}, to one without them`,
      value: besideMs / aloneMs,
      unit: `x, ${besideMs.toFixed(1)} ms`,
      must: { atMost: 3 },
      figures: { aloneMs, besideMs, refusedPerSecond: Math.round(refused / seconds) },
    },
    {
      what: `permitted commands that are done ${flood}`,
      value: (100 * beside.ms.length) / beside.commands,
      unit: `% of ${beside.commands}`,
      must: { atLeast: 100 },
      figures: {},
    },
    {
      what: 'answered refusals that are an event or counted, exactly',
      value: (100 * (hostileRecord.events + hostileRecord.counted)) / refused,
      unit: `% of ${refused}`,
      must: { atLeast: 100, atMost: 100 },
      figures: { ...hostileRecord },
    },
    {
      what: 'refusals of another client that are an event or counted',
      value: (100 * (otherRecord.events + otherRecord.counted)) / denied,
      unit: `% of ${denied}`,
      must: { atLeast: 100, atMost: 100 },
      figures: { ...otherRecord },
    },
    {
      what: 'the journal grows meanwhile, commands included',
      value: (bytes / 1e6 / seconds) * 3600,
      unit: 'MB an hour',
      must: { atMost: MOST_MB_PER_HOUR },
      figures: { bytes },
    },
  ]
}
