import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { codec } from './bench/codec.ts'
import { floodedPages } from './bench/console.ts'
import { control, deadUnit, poller, sharing } from './bench/contention.ts'
import { eventLoop } from './bench/event-loop.ts'
import { ethernet } from './bench/ethernet.ts'
import { journal } from './bench/journal.ts'
import { line } from './bench/line.ts'
import { profile } from './bench/profile.ts'
import { floodOfRefusals } from './bench/refusals.ts'
import { type Result, reached } from './bench/result.ts'
import { misbehavingSinks } from './bench/sinks.ts'
import { memoryAndIdle, simulatedHour } from './bench/soak.ts'
import { starvation } from './bench/starvation.ts'
import { tls } from './bench/tls.ts'

/**
 * Every figure that the project promises, measured: `npm run bench`, or by name `npm run bench -- line ethernet`. haproxy on the PATH is
 * compared with; without it the ratios to a plain TLS pipe are shown. Exit code 1 when something is not reached.
 */
const suites = {
  codec: () => codec(Number(values.reads)),
  line: () => line(scaled(20)),
  contention: () => starvation(scaled(15)),
  clients: async () => [...(await sharing(scaled(15))), await control(scaled(40)), await poller(scaled(60)), await deadUnit(scaled(60))],
  ethernet: () => ethernet(scaled(15)),
  tls: () => tls(scaled(15)),
  console: () => floodedPages(scaled(60)),
  journal: async () => [
    ...(await floodOfRefusals(scaled(60))),
    ...(await journal(Math.round(1_000_000 * Number(values.scale)))),
    ...(await eventLoop(Math.round(1_000_000 * Number(values.scale)), scaled(10))),
  ],
  sinks: () => misbehavingSinks(scaled(30)),
  memory: async () => [...(await memoryAndIdle(scaled(20))), ...(await simulatedHour())],
} as const
type Suite = keyof typeof suites

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    reads: { type: 'string', default: '10000000' },
    scale: { type: 'string', default: '1' },
  },
})
const scaled = (seconds: number): number => Math.max(2, Math.round(seconds * Number(values.scale)))
const names = Object.keys(suites) as Suite[]
const chosen = positionals.length === 0 ? names : names.filter((name) => positionals.includes(name))
if (chosen.length < positionals.length || !(Number(values.scale) > 0) || !(Number(values.reads) >= 100_000)) {
  process.stderr.write(
    `usage: npm run bench -- [${names.join('] [')}] [--json] [--profile] [--scale 1] [--reads 10000000]\n--profile: where the gateway's time goes, 8 connections of depth 8\n`,
  )
  process.exit(2)
}
if (values.profile) {
  process.stdout.write(await profile(scaled(10)))
  process.exit(0)
}

const number = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) < 10 ? 2 : 1))
function limit({ must: { atLeast, atMost, goal } }: Result): string {
  const parts = [
    atLeast === undefined ? '' : `at least ${number(atLeast)}`,
    atMost === undefined ? '' : `at most ${number(atMost)}`,
    goal === undefined ? '' : `goal ${number(goal)}`,
  ]
  return parts.filter(Boolean).join(', ')
}

const results: Result[] = []
for (const name of chosen) {
  if (!values.json) process.stdout.write(`${name}\n`)
  for (const result of await suites[name]()) {
    results.push(result)
    if (values.json) continue
    const verdict = reached(result) ? 'ok  ' : 'MISS'
    process.stdout.write(
      `  ${verdict} ${result.what.padEnd(62)} ${number(result.value).padStart(8)} ${result.unit.padEnd(22)} ${limit(result)}\n`,
    )
  }
}
if (values.json) {
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version }
  process.stdout.write(
    `${JSON.stringify({ machine, results: results.map((result) => ({ ...result, reached: reached(result) })) }, null, 2)}\n`,
  )
}
process.exit(results.every(reached) ? 0 : 1)
