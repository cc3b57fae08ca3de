import { parseArgs } from 'node:util'
import { simulate } from '../hil/sim/simulate.ts'

/**
 * The whole gateway on a virtual clock, with clients, breakers and faults drawn from a seed: `npm run sim -- --seed 7`, or many seeds from
 * one on: `npm run sim -- --runs 500`. A seed that breaks a rule is printed with the line that shows it again.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1' },
    hours: { type: 'string', default: '0.02' },
  },
})
const first = Number(values.seed)
const runs = Number(values.runs)
const hours = Number(values.hours)
if (!Number.isInteger(first) || first < 0 || !Number.isInteger(runs) || runs < 1 || !(hours > 0)) {
  process.stderr.write('usage: npm run sim -- [--seed N] [--runs N] [--hours H]\n')
  process.exit(2)
}

const began = performance.now()
let [steps, answered, operations, minutes, failed] = [0, 0, 0, 0, 0]
for (let seed = first; seed < first + runs; seed++) {
  const run = await simulate(seed, hours * 3_600_000)
  steps += run.steps
  answered += run.answered
  operations += run.operations
  minutes += run.minutes
  if (run.broken.length === 0) continue
  failed += 1
  process.stdout.write(`seed ${seed}: ${run.broken.slice(0, 3).join('\n  ')}\n  again: npm run sim -- --seed ${seed} --hours ${hours}\n`)
}
const seconds = ((performance.now() - began) / 1000).toFixed(1)
process.stdout.write(
  `${runs} ${runs === 1 ? 'seed' : 'seeds'}, ${failed} with a broken rule: ${minutes.toFixed(0)} minutes in ${seconds} s, ` +
    `${steps} steps, ${answered} answers, ${operations} operations at breakers\n`,
)
process.exit(failed === 0 ? 0 : 1)
