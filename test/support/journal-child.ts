import { event } from '../../src/events/index.ts'
import { createJournal, startWriter } from '../../src/journal/index.ts'
import { realClock } from '../../src/platform/index.ts'

/** Writes events as fast as it can until it is killed, and says on its standard output which are on disk. */
const [path = ''] = process.argv.slice(2)
const writer = await startWriter({
  path,
  origin: { boot: String(process.pid), gateway: 'g' },
  keyCredential: undefined,
  utcUs: realClock.utcUs(),
})
const journal = createJournal(writer, realClock, { info: () => undefined, warn: () => undefined })
let number = journal.head().seq
const say = (seq: number | 'unavailable'): void => void process.stdout.write(`${String(seq)}\n`)
const asked = {
  subject: 's',
  role: 'r',
  source: 'a:1',
  breaker: 'Q1',
  bus: 'b',
  unit: 1,
  class: 'control',
  operation: 'close Q1',
  functionCode: 16,
  outcome: 'allowed',
}
for (;;) {
  number += 1
  const correlation = `${process.pid}-${number}`
  // One who waits, and some that nobody waits for, as in a running gateway; every third operation has an end.
  const permit = journal.append(event('operation-allowed', { ...asked, correlation }))
  for (let i = 0; i < number % 7; i++)
    journal.note(event('locked', { subject: `p${i}`, breaker: 'Q1', scope: 'control', reason: 'x' }), { [`k${i}`]: String(number) })
  say(await permit)
  if (number % 3 === 0) say(await journal.append(event('operation-done', { ...asked, correlation, outcome: 'done', durationMs: 1 })))
}
