import t from 'tap'
import { type Priority, createSchedule } from '../../src/bus/scheduler.ts'

type Item = { readonly priority: Priority; readonly client: string; readonly ms: number; readonly name: string }
const item = (priority: Priority, client: string, name: string, ms = 10): Item => ({ priority, client, name, ms })

function schedule(items: readonly Item[], quantumMs = 10) {
  const made = createSchedule<Item>(quantumMs)
  for (const one of items) made.add(one.priority, one.client, one)
  const next = (): string => {
    const taken = made.next('all')
    if (taken === 'empty') return 'empty'
    made.charge(taken.priority, taken.client, taken.ms)
    return taken.name
  }
  const all = (): string[] => {
    const names: string[] = []
    for (let name = next(); name !== 'empty'; name = next()) names.push(name)
    return names
  }
  return { add: (one: Item) => made.add(one.priority, one.client, one), next, all }
}

t.test('control comes before settings before reads, each client in the order of its coming', (t) => {
  const { all } = schedule([
    item('read', 'a', 'r1'),
    item('setting', 'a', 's1'),
    item('read', 'a', 'r2'),
    item('control', 'b', 'c1'),
    item('control', 'b', 'c2'),
  ])
  t.same(all(), ['c1', 'c2', 's1', 'r1', 'r2'])
  t.end()
})

t.test('clients take turns, however much each of them asks', (t) => {
  const greedy = Array.from({ length: 6 }, (_, i) => item('read', 'greedy', `g${i}`))
  const { all } = schedule([...greedy, item('read', 'x', 'x0'), item('read', 'x', 'x1')])
  t.same(all(), ['g0', 'x0', 'g1', 'x1', 'g2', 'g3', 'g4', 'g5'])
  t.end()
})

t.test('turns are counted in bus time, not in requests: a client of long reads gets no more of the line', (t) => {
  const long = Array.from({ length: 4 }, (_, i) => item('read', 'long', `L${i}`, 80))
  const short = Array.from({ length: 32 }, (_, i) => item('read', 'short', `s${i}`, 10))
  const { next } = schedule([...long, ...short])
  const spent = { L: 0, s: 0 }
  for (let i = 0; i < 18; i++) {
    const name = next()
    if (name.startsWith('L')) spent.L += 80
    else spent.s += 10
  }
  t.ok(Math.abs(spent.L - spent.s) <= 80, `${spent.L} ms and ${spent.s} ms`)
  t.end()
})

t.test('a client that had nothing waiting comes before all who have queued up', (t) => {
  const queue = ['a', 'b', 'c'].flatMap((client) => Array.from({ length: 8 }, (_, i) => item('read', client, `${client}${i}`)))
  const { add, next } = schedule(queue)
  for (let i = 0; i < 7; i++) next()
  add(item('read', 'poller', 'p'))
  t.equal(next(), 'p')
  t.end()
})

t.test('asking again at once gains nothing: who was served waits a round before it counts as fresh', (t) => {
  const queue = ['a', 'b', 'c'].flatMap((client) => Array.from({ length: 8 }, (_, i) => item('read', client, `${client}${i}`)))
  const { add, next } = schedule([item('read', 'eager', 'e'), ...queue])
  const names: string[] = []
  for (let i = 0; i < 12; i++) {
    const name = next()
    names.push(name)
    if (name === 'e') add(item('read', 'eager', 'e'))
  }
  t.equal(names.filter((name) => name === 'e').length, 3, names.join(' '))
  t.end()
})
