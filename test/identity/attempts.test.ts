import fc from 'fast-check'
import t from 'tap'
import { type Attempts, MAX_COUNTS, capped, failed, noAttempts, shifted, succeeded, waitOf } from '../../src/identity/people/attempts.ts'

const limits = { maximumAttempts: 5, lockingMs: 900_000 }
const guess = (attempts: Attempts, name: string, source: string, times: number, nowMs = 0): Attempts => {
  let at = attempts
  for (let i = 0; i < times; i++) [at] = failed(at, { name, source }, nowMs, limits)
  return at
}

t.test('five wrong ones lock a name at an address for a quarter of an hour, and no other address [S-22] [CR 1.11]', (t) => {
  const four = guess(noAttempts, 'ana', 'a', 4)
  t.equal(waitOf(four, { name: 'ana', source: 'a' }, 0), 0)
  const [five, locked] = failed(four, { name: 'Ana', source: 'a' }, 0, limits)
  t.equal(locked, 'pair')
  t.equal(waitOf(five, { name: 'ana', source: 'a' }, 0), 900_000)
  t.equal(waitOf(five, { name: 'ana', source: 'a' }, 899_999), 1)
  t.equal(waitOf(five, { name: 'ana', source: 'a' }, 900_000), 0)
  t.equal(waitOf(five, { name: 'ana', source: 'b' }, 0), 0)
  t.equal(waitOf(five, { name: 'bob', source: 'a' }, 0), 0)
  t.equal(waitOf(guess(four, 'ana', 'a', 1, 900_001), { name: 'ana', source: 'a' }, 900_001), 0, 'old ones are forgotten')
  t.equal(
    waitOf(guess(succeeded(four, { name: 'ana', source: 'a' }), 'ana', 'a', 4), { name: 'ana', source: 'a' }, 0),
    0,
    'a right one starts anew',
  )
  t.end()
})

t.test('an address that tries many names is locked for all of them', (t) => {
  let attempts = noAttempts
  for (let i = 0; i < 20; i++) attempts = guess(attempts, `name${i}`, 'bad', 1)
  t.ok(waitOf(attempts, { name: 'another', source: 'bad' }, 0) > 0)
  t.equal(waitOf(attempts, { name: 'another', source: 'good' }, 0), 0)
  t.end()
})

t.test('whatever others guess, from however many addresses, a user gets in from where it has come before', (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('ana', 'bob', 'x'), fc.integer({ min: 0, max: 300 }), fc.nat(2_000_000)), { maxLength: 300 }),
      (guesses) => {
        let attempts = succeeded(noAttempts, { name: 'ana', source: 'her desk' })
        for (const [name, source, atMs] of guesses.sort((a, b) => a[2] - b[2]))
          [attempts] = failed(attempts, { name, source: `net ${source}` }, atMs, limits)
        return waitOf(attempts, { name: 'ana', source: 'her desk' }, 0) === 0
      },
    ),
  )
  let many = succeeded(noAttempts, { name: 'ana', source: 'her desk' })
  for (let i = 0; i < 50; i++) many = guess(many, 'ana', `net ${i}`, 1)
  t.ok(waitOf(many, { name: 'ana', source: 'strange' }, 0) > 0, 'strange addresses wait meanwhile')
  t.equal(waitOf(many, { name: 'ana', source: 'her desk' }, 0), 0)
  t.end()
})

t.test('counts are bounded, and a lock outlives those that only count', (t) => {
  let attempts = guess(noAttempts, 'ana', 'a', 5)
  for (let i = 0; i < MAX_COUNTS + 50; i++) attempts = guess(attempts, `n${i}`, `s${i}`, 1, i + 1)
  t.equal(Object.keys(attempts.pairs).length, MAX_COUNTS)
  t.ok(waitOf(attempts, { name: 'ana', source: 'a' }, 2000) > 0)
  t.end()
})

t.test('what is left of a lock is the same after a restart, and never more than the policy, whatever was done to the clock', (t) => {
  const locked = guess(noAttempts, 'ana', 'a', 5, 1_000_000)
  const stored = shifted(locked, 5_000_000)
  t.equal(waitOf(shifted(stored, -5_000_000), { name: 'ana', source: 'a' }, 1_000_100), 899_900)
  const clockSetBack = capped(shifted(stored, 9_999_999_999), 0, limits)
  t.equal(waitOf(clockSetBack, { name: 'ana', source: 'a' }, 0), 900_000)
  t.end()
})
