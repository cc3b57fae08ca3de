import { duplexPair } from 'node:stream'
import { TLSSocket, connect } from 'node:tls'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Operation, classify } from '../../src/breakers/index.ts'
import { type Request, decodeRequest, encodeReply, encodeRequest, matchReply } from '../../src/modbus/index.ts'
import { toMonotonic } from '../../src/platform/index.ts'
import { type Question, decide, noGuardInputs, noRestrictions, toConnectionId, toRole } from '../../src/policy/index.ts'
import { profileOf, read } from '../../test/support/requests.ts'
import { everywhere, rightsOf } from '../../test/support/rights.ts'
import type { Result } from './result.ts'

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
    levels: everywhere('control'),
    connection: toConnectionId(1),
  },
  operation,
  breaker: 'Q1',
  rights: rightsOf({ Operator: ['monitor'] }),
  locks: 'none',
  restrictions: noRestrictions,
  guardInputs: noGuardInputs,
  recheck: false,
  trusted: true,
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

/**
 * What the gateway's own work costs per request, beside one TLS record of the same size in the same run. Figures are medians of interleaved
 * rounds; compare the ratios, which a slower machine leaves alone.
 */
export async function codec(reads: number): Promise<Result[]> {
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
  const each = Object.fromEntries(names.map((name) => [`${name}Ns`, Math.round(median(measured.get(name) ?? []))]))
  const ns = names.reduce((sum, name) => sum + median(measured.get(name) ?? []), 0)
  return [
    {
      what: 'decode, classify, decide and encode a read, match and encode its reply',
      value: ns / 1000,
      unit: 'µs',
      must: { goal: 3 },
      figures: { ...each, oneTlsRecordNs: Math.round(tls), ofOneTlsRecord: ns / tls, results: sink },
    },
    { what: `heap after ${reads} reads`, value: growth / 1000, unit: 'kB more', must: { atMost: 1000 }, figures: { growthBytes: growth } },
  ]
}
