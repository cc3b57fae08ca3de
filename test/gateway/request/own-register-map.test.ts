import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type OwnView, ownMap, ownRegisters } from '../../../src/gateway/request/own-register-map.ts'
import { MAX_REFUSED_CLIENTS, createLastRefusals } from '../../../src/gateway/request/last-refusals.ts'
import { toMonotonic } from '../../../src/platform/index.ts'
import { type LockState, refusalReasons } from '../../../src/policy/index.ts'

const locked: LockState = { kind: 'locked', by: { kind: 'person', name: 'ana', reason: 'WO-1' }, sinceUtcUs: 0 }
const view: OwnView = {
  version: '2.13.4',
  observes: false,
  uptimeMs: 70_000_000,
  journalWrites: true,
  buses: [{ up: true }, { up: false }],
  breakers: [
    {
      unit: 3,
      seen: { state: 'closed', currents: [], at: toMonotonic(58_000), since: 'never', reachable: 'yes' },
      locks: {
        control: locked,
        'protection-setting': { kind: 'unlocked', by: 'bob', reason: 'x', workOrder: '', until: toMonotonic(90_500), untilUtcUs: 0 },
        'other-setting': { kind: 'unlocked', by: 'bob', reason: 'x', workOrder: '', until: toMonotonic(60_000), untilUtcUs: 0 },
      },
    },
  ],
  refusal: { reason: 'locked', unit: 3, functionCode: 16, words: 'close circuit breaker Q3', at: toMonotonic(55_000) },
  now: toMonotonic(60_000),
}

t.test("the gateway's own registers say what it knows, by the numbers of its document", (t) => {
  const map = ownRegisters(view)
  const from = (first: number, count: number): (number | undefined)[] => Array.from({ length: count }, (_, i) => map.get(first + i))
  const text = (first: number, registers: number): string =>
    from(first, registers)
      .map((value) => String.fromCharCode((value ?? 0) >> 8, (value ?? 0) & 0xff))
      .join('')
      .replace(/\0+$/, '')
  t.same(from(1, 10), [1, 2, 13, 4, 1, 4464, 1, 1, 2, 1], 'version, uptime of 70 000 s, enforce, journal, buses, breakers')
  t.same(from(101, 3), [1, 2, 0], 'up, down, none')
  t.same(from(201, 4), [4, 3, 16, 5], 'locked, unit 3, FC 16, 5 s ago')
  t.equal(text(205, 32), 'close circuit breaker Q3')
  t.match(text(237, 48), /^nobody at the switchboard/)
  const block = 1000 + 20 * 3
  t.same(from(block, 11), [1, 1, 2, 2, 1, 0, 2, 31, 1, 0, 2], 'an unlock that ends now is locked')
  t.equal(text(block + 11, 8), 'ana')
  t.equal(map.get(block + 19), 0)
  t.equal(map.get(block + 20), undefined)
  t.equal(map.get(block - 1), undefined, 'a unit that is not configured has no block')
  for (const [number, value] of map) t.ok(Number.isInteger(value) && value >= 0 && value <= 0xffff, `register ${number}`)
  t.end()
})

t.test('nothing is claimed that is not known', (t) => {
  const [breaker] = view.breakers
  if (breaker === undefined) return t.fail('no breaker')
  const unknown = { ...breaker, seen: { state: 'unknown', currents: [], at: 'never', since: 'never', reachable: 'not-tried' } as const }
  const map = ownRegisters({ ...view, breakers: [unknown], refusal: 'none' })
  t.same(
    [1060, 1061, 1062, 1063].map((n) => map.get(n)),
    [1, 0, 0, 0xffff],
  )
  t.same(
    Array.from({ length: 84 }, (_, i) => map.get(201 + i)),
    Array<number>(84).fill(0),
  )
  return t.end()
})

t.test('the document of the map has each block and each refusal reason with its number', (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/own-unit.md'), 'utf8')
  for (const [reason, { number }] of Object.entries(refusalReasons)) t.match(page, `| ${number} | \`${reason}\` |`)
  for (const first of [ownMap.gateway, ownMap.buses, ownMap.refusal, ownMap.breakers]) t.match(page, new RegExp(`\\b${first}\\b`))
  const numbers = Object.values(refusalReasons).map(({ number }) => number)
  t.equal(new Set(numbers).size, numbers.length)
  t.end()
})

t.test('the last refusal is kept for each client, and for a bounded number of them', (t) => {
  const refusals = createLastRefusals()
  const refusal = { reason: 'locked', unit: 1, functionCode: 16, words: 'x', at: toMonotonic(0) } as const
  for (let i = 0; i <= MAX_REFUSED_CLIENTS; i++) refusals.note(`client-${i}`, { ...refusal, unit: i })
  t.equal(refusals.of('client-0'), 'none')
  t.match(refusals.of('client-1'), { unit: 1 })
  refusals.note('client-1', { ...refusal, unit: 7 })
  t.match(refusals.of('client-1'), { unit: 7 })
  t.equal(refusals.of('somebody'), 'none')
  t.end()
})
