import { cpus } from 'node:os'
import { duplexPair } from 'node:stream'
import { TLSSocket, connect } from 'node:tls'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Operation, classify } from '../../src/breakers/index.ts'
import { type Request, decodeRequest, encodeReply, encodeRequest, matchReply } from '../../src/modbus/index.ts'
import { toMonotonic } from '../../src/platform/index.ts'
import { type Question, decide, toConnectionId, toRole } from '../../src/policy/index.ts'
import { profileOf, read } from '../../test/support/requests.ts'

/**
 * What the gateway's own work costs per request, beside one TLS record of the same size in the same run: `npm run bench -- codec`.
 * Figures are medians of interleaved rounds; compare the ratios, which a slower machine leaves alone.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, reads: { type: 'string', default: '10000000' } },
})
const reads = Number(values.reads)
if ((positionals[0] ?? 'codec') !== 'codec' || !Number.isInteger(reads) || reads < 100_000) {
  process.stderr.write('usage: npm run bench -- codec [--reads 10000000] [--json]; at least 100000 reads\n')
  process.exit(2)
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const ROUNDS = 9
const PER_ROUND = 200_000
const RECORDS_PER_ROUND = 4_000

const profile = profileOf('nsx-bscm')
const request: Request = read(12_016, 10)
const pdu = encodeRequest(request)
const replyPdu = Uint8Array.from([3, 20, ...Array<number>(20).fill(7)])
const operation: Operation = classify(request, profile)
const question: Question = {
  subject: {
    kind: 'client',
    name: 'bench',
    role: toRole('Operator') ?? 'NULL',
    source: '127.0.0.1',
    level: 'control',
    connection: toConnectionId(1),
  },
  operation,
  rights: new Map([['Operator', new Set(['monitor'] as const)]]),
  locks: 'none',
  now: toMonotonic(0),
}

/** Takes each result in, so that no step can be left out by the compiler. */
let sink = 0
const steps = {
  decode: () => void (sink += decodeRequest(pdu).kind.length),
  classify: () => void (sink += classify(request, profile).words.length),
  decide: () => void (sink += decide(question).kind.length),
  encode: () => void (sink += encodeRequest(request).length),
  'match and encode the reply': () => {
    const matched = matchReply(request, replyPdu)
    if (matched.kind === 'mismatch') throw new Error(matched.why)
    sink += encodeReply(request, matched).length
  },
} as const

function nsEach(step: () => void, times: number): number {
  const from = process.hrtime.bigint()
  for (let i = 0; i < times; i++) step()
  return Number(process.hrtime.bigint() - from) / times
}

/** Two ends of one TLS 1.2 connection in this process, AES-128-GCM, with no network between: what is left is sealing and opening. */
async function tlsPair(): Promise<{ readonly client: TLSSocket; readonly server: TLSSocket }> {
  const [near, far] = duplexPair()
  const psk = Buffer.alloc(16, 1)
  const common = { ciphers: 'PSK-AES128-GCM-SHA256', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const
  const server = new TLSSocket(far, { ...common, isServer: true, pskCallback: () => psk } as never)
  const client = connect({ ...common, socket: near, pskCallback: () => ({ psk, identity: 'bench' }), checkServerIdentity: () => undefined })
  await new Promise<void>((resolve, reject) => client.once('secureConnect', resolve).once('error', reject))
  return { client, server }
}

const { client, server } = await tlsPair()
const record = Buffer.alloc(12, 3)
async function nsPerRecord(): Promise<number> {
  const from = process.hrtime.bigint()
  for (let i = 0; i < RECORDS_PER_ROUND; i++) {
    const arrived = new Promise((resolve) => server.once('data', resolve))
    client.write(record)
    await arrived
  }
  return Number(process.hrtime.bigint() - from) / RECORDS_PER_ROUND
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0
const names = Object.keys(steps) as (keyof typeof steps)[]
const measured = new Map<string, number[]>([...names, 'tls'].map((name) => [name, []]))
for (let round = -1; round < ROUNDS; round++) {
  for (const name of names) {
    const ns = nsEach(steps[name], PER_ROUND)
    if (round >= 0) measured.get(name)?.push(ns) // the first round warms up
  }
  const ns = await nsPerRecord()
  if (round >= 0) measured.get('tls')?.push(ns)
}
client.destroy()
server.destroy()

function path(): void {
  const decoded = decodeRequest(pdu)
  if (decoded.kind !== 'request') throw new Error(decoded.kind)
  const asked = classify(decoded.request, profile)
  if (decide({ ...question, operation: asked }).kind !== 'allow') throw new Error('denied')
  sink += encodeRequest(decoded.request).length
  steps['match and encode the reply']()
}
for (let i = 0; i < PER_ROUND; i++) path()
collect()
const before = process.memoryUsage().heapUsed
for (let i = 0; i < reads; i++) path()
collect()
const growth = process.memoryUsage().heapUsed - before

const tls = median(measured.get('tls') ?? [])
const rows = names.map((name) => ({ step: name, ns: Math.round(median(measured.get(name) ?? [])) }))
const whole = rows.reduce((sum, { ns }) => sum + ns, 0)
const ratio = (ns: number): number => Number((ns / tls).toFixed(4))
const result = {
  bench: 'codec',
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  steps: rows.map((row) => ({ ...row, ofOneTlsRecord: ratio(row.ns) })),
  whole: { ns: whole, ofOneTlsRecord: ratio(whole) },
  tlsRecord: { ns: Math.round(tls), how: 'TLS 1.2, AES-128-GCM, 12 bytes, sealed and opened, no network' },
  heap: { reads, growthBytes: growth },
  results: sink,
}
if (values.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
else {
  const line = (name: string, ns: number): string =>
    `${name.padEnd(28)}${String(ns).padStart(8)} ns${`${(ratio(ns) * 100).toFixed(1)} %`.padStart(10)}\n`
  process.stdout.write(
    `${result.cpu}, Node ${result.node}; one read of ten registers; % of one TLS record\n` +
      rows.map(({ step, ns }) => line(step, ns)).join('') +
      line('all of it', whole) +
      line('one TLS record', Math.round(tls)) +
      `heap after ${reads} reads: ${growth >= 0 ? '+' : ''}${growth} bytes\n`,
  )
}
