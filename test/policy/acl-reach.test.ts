import fc from 'fast-check'
import t from 'tap'
import {
  type AccessEntry,
  accessLevels,
  checkRange,
  compileAcl,
  everyAddress,
  levelAt,
  levelsOf,
  reachOf,
  widthOf,
} from '../../src/policy/index.ts'

const entry = (from: string, level: AccessEntry['level'] = 'control', breakers: AccessEntry['breakers'] = 'all'): AccessEntry => ({
  from,
  level,
  breakers,
  line: 1,
})
const controls = (level: AccessEntry['level']): boolean => level === 'control'

t.test('two halves are everybody; what a more exact entry takes away does not count [S-34]', (t) => {
  const table: readonly (readonly [readonly AccessEntry[], bigint, bigint])[] = [
    [[], 0n, 0n],
    [[entry('0.0.0.0/0')], everyAddress.ipv4, 0n],
    [[entry('0.0.0.0/1'), entry('128.0.0.0/1')], everyAddress.ipv4, 0n],
    [[entry('0.0.0.0/0'), entry('10.1.2.3', 'none')], everyAddress.ipv4 - 1n, 0n],
    [[entry('0.0.0.0/0', 'read'), entry('10.1.2.3')], 1n, 0n],
    [[entry('::/0')], everyAddress.ipv4, everyAddress.ipv6],
    [[entry('::/0'), entry('0.0.0.0/0', 'none')], 0n, everyAddress.ipv6],
    [[entry('2001:db8::/32'), entry('2001:db8::/32', 'none', ['Q1'])], 0n, 2n ** 96n],
    [[entry('10.0.0.0/24', 'read'), entry('10.0.0.0/24', 'control', ['Q1'])], 256n, 0n],
  ]
  for (const [entries, ipv4, ipv6] of table)
    t.same(reachOf(entries, controls), { ipv4, ipv6 }, JSON.stringify(entries.map(({ from }) => from)))
  t.same(widthOf(entry('10.0.0.0/8')), { version: 4, prefix: 8 })
  t.same(widthOf(entry('::ffff:10.0.0.0/104')), { version: 4, prefix: 8 })
  t.same(widthOf(entry('2000::/3')), { version: 6, prefix: 3 })
  t.end()
})

t.test('the reach is the number of addresses that the list itself lets in', (t) => {
  // All ranges lie within 10.0.0.0/26, so that each address of it can be asked.
  const range = fc.tuple(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 26, max: 32 })).map(([host, prefix]) => {
    const first = host - (host % 2 ** (32 - prefix))
    return `10.0.0.${first}/${prefix}`
  })
  const entries = fc.array(
    fc.record({
      from: range,
      level: fc.constantFrom(...accessLevels),
      breakers: fc.constantFrom<AccessEntry['breakers']>('all', ['Q1']),
      line: fc.constant(1),
    }),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(entries, (all) => {
      // One range has one level for all and one for Q1, as `check` has it.
      const list = [...new Map(all.map((one) => [JSON.stringify([one.from, one.breakers]), one])).values()]
      for (const { from } of list) if (checkRange(from) !== 'fine') return false
      const acl = compileAcl(list)
      const count = (breaker: string): number =>
        Array.from({ length: 64 }, (_, i) => acl(`10.0.0.${i}`)).filter(
          (access) => access !== 'not-listed' && levelAt(levelsOf(access, { kind: 'none' }), breaker) === 'control',
        ).length
      return reachOf(list, controls).ipv4 === BigInt(Math.max(count('Q1'), count('other')))
    }),
    { numRuns: 500 },
  )
  t.end()
})
