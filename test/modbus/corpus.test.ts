import t from 'tap'
import { readCorpus } from '../support/corpus.ts'
import { type TargetName, targets } from '../support/fuzz-targets.ts'

t.test('every input that the fuzzer has kept still keeps the rules, and is still a kind of its own [CR 3.5]', (t) => {
  for (const name of Object.keys(targets) as TargetName[]) {
    const corpus = readCorpus(name)
    t.ok(corpus.length > 50, `${name}: ${corpus.length} inputs`)
    const kinds = new Set(corpus.flatMap((input) => targets[name](input)))
    t.ok(kinds.size >= corpus.length, `${name}: ${kinds.size} kinds of outcome`)
  }
  t.end()
})
