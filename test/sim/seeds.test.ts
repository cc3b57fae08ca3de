import t from 'tap'
import { simulate } from '../../hil/sim/simulate.ts'

const SEEDS = 100
/** Of virtual time with faults, for each seed; a minute in which everything must settle comes on top. */
const FAULT_MS = 12_000

t.test(
  `${SEEDS} seeds: no byte without leave, no answer to another client, no operation twice, everybody answered [S-31] [CR 7.1]`,
  { timeout: 110_000 },
  async (t) => {
    let [operations, refusedForSilence, refused] = [0, 0, 0]
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = await simulate(seed, FAULT_MS)
      operations += run.operations
      refusedForSilence += run.refusedForSilence
      refused += run.refused
      if (run.broken.length > 0) t.fail(`npm run sim -- --seed ${seed} --hours ${FAULT_MS / 3_600_000}`, { broken: run.broken })
    }
    t.ok(refusedForSilence > 0, `${refusedForSilence} were refused for a breaker's silence: the rule about it has something to judge`)
    t.ok(refused > SEEDS, `${refused} refusals of a client that asks without a pause: the rule about the record has something to judge`)
    t.ok(operations > SEEDS, `${operations} operations reached breakers: the simulation operates, it does not only refuse`)
  },
)

t.test('a seed replays exactly', async (t) => {
  t.same(await simulate(4711, FAULT_MS), await simulate(4711, FAULT_MS))
})
