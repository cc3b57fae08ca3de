import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import type { Journal } from '../../src/journal/index.ts'
import { type Disk, type ScriptedFiles, copyOf, emptyDisk, scriptedFiles, scriptedJournal, settled } from './scripted-disk.ts'

/** `done`: confirmed as on disk. `held`: confirmed as in force and not on disk yet. `no`: refused in any way. */
export type Confirmed = 'done' | 'held' | 'no'

/** A store as the explorer drives it. Views are compared as JSON text, so they hold what matters and no clock readings. */
export type Explored<Book> = {
  readonly open: (journal: Journal, clock: ReturnType<typeof virtualClock>, files: ScriptedFiles) => Promise<Book>
  readonly close?: (book: Book) => void
  /** What is in force. `restarted`: after a restart, which may have barred more. */
  readonly view: (book: Book) => object
  /** What a restart makes of a view by rule (a timed unlock is over). */
  readonly afterRestart?: (view: object) => object
  /** Each thing that bars: memory has to have all of what the disk has. */
  readonly bars: (book: Book) => readonly string[]
  /** The view that the events on disk tell of, made without the store's own code; `utcUs`: as a restart at this time would see it. */
  readonly told: (events: Disk['events'], utcUs?: number) => object
  /** Prepares a state; the disk answers everything. */
  readonly before: Readonly<Record<string, (book: Book) => unknown>>
  readonly actions: Readonly<Record<string, (book: Book) => Promise<Confirmed>>>
  /** How often time passes, at most, and by how much, milliseconds: 5000 is what a silent disk is waited for. */
  readonly ticks: number
  readonly tickMs?: number
}

const MOST_REFUSALS = 2
const TICK_MS = 1100

type Choice = 'first' | 'second' | 'ok' | 'refuse' | 'tick'

/** Goes through every order in which two actions begin, the disk answers or refuses, and time passes. Returns how many there are. */
export async function explore<Book>(store: Explored<Book>, wrong: (what: string) => void): Promise<number> {
  let count = 0
  const restarts: Restarts = new Map()
  for (const [prepared, prepare] of Object.entries(store.before))
    for (const a of Object.keys(store.actions))
      for (const b of Object.keys(store.actions)) {
        let plan: number[] = []
        for (;;) {
          const { taken, widths, faults } = await run(store, restarts, prepare, [a, b], plan)
          count += 1
          for (const fault of faults) wrong(`${prepared}; ${a}, ${b}; ${taken.join(' ')}: ${fault}`)
          const next = widths.map((_, i) => plan[i] ?? 0)
          while (next.length > 0 && (next.at(-1) ?? 0) + 1 >= (widths[next.length - 1] ?? 0)) next.pop()
          if (next.length === 0) break
          next.push((next.pop() ?? 0) + 1)
          plan = next
        }
      }
  return count
}

async function run<Book>(
  store: Explored<Book>,
  restarts: Restarts,
  prepare: (book: Book) => unknown,
  names: readonly [string, string],
  plan: readonly number[],
): Promise<{ taken: Choice[]; widths: number[]; faults: string[] }> {
  const clock = virtualClock()
  const disk = emptyDisk()
  const { journal, waiting, answer } = scriptedJournal(clock, disk)
  const cuts: Disk[] = []
  const files = scriptedFiles(disk, () => cuts.push(copyOf(disk)))
  const book = await store.open(journal, clock, files)
  cuts.length = 0 // what is there before anything is done
  const drain = async (): Promise<void> => {
    for (let i = 0; i < 14; i++) {
      await settled()
      if (waiting()) answer('ok')
      else clock.advance(100)
    }
    await settled()
  }
  void prepare(book)
  await drain()

  const confirmed: (Confirmed | 'open')[] = []
  let [begun, refusals, ticks] = [0, 0, 0]
  const begin = (): void => {
    const [mine, name] = [begun, names[begun] ?? '']
    begun += 1
    confirmed[mine] = 'open'
    void store.actions[name]?.(book).then((how) => (confirmed[mine] = how))
  }
  const [taken, widths, faults]: [Choice[], number[], string[]] = [[], [], []]
  const check = async (): Promise<void> => {
    for (const cut of cuts.splice(0)) {
      const [found, told] = [await restarted(store, restarts, cut, clock.utcUs()), store.told(cut.events, clock.utcUs())]
      const expected = json(store.afterRestart?.(told) ?? told)
      if (json(found.view) !== expected) faults.push(`cut between two files: ${json(found.view)}, the events tell of ${expected}`)
    }
    const again = await restarted(store, restarts, disk, clock.utcUs())
    for (const fault of faultsOf(store, book, again, store.told(disk.events, clock.utcUs()), confirmed)) faults.push(fault)
  }
  for (;;) {
    const choices: Choice[] = []
    if (begun < 2) choices.push(begun === 0 ? 'first' : 'second')
    if (waiting()) choices.push('ok')
    if (waiting() && refusals < MOST_REFUSALS) choices.push('refuse')
    if (begun > 0 && ticks < store.ticks) choices.push('tick')
    if (choices.length === 0) break
    const choice = choices[plan[taken.length] ?? 0] ?? 'ok'
    widths.push(choices.length)
    taken.push(choice)
    if (choice === 'first' || choice === 'second') begin()
    else if (choice === 'tick') {
      ticks += 1
      clock.advance(store.tickMs ?? TICK_MS)
    } else {
      if (choice === 'refuse') refusals += 1
      answer(choice)
    }
    await settled()
    await check()
  }
  await drain()
  if (confirmed.includes('open')) faults.push('somebody still waits for an answer')
  await check()
  const now = store.afterRestart?.(store.view(book)) ?? store.view(book)
  const again = await restarted(store, restarts, disk, clock.utcUs())
  if (JSON.stringify(again.view) !== JSON.stringify(now)) faults.push(`${json(now)} became ${json(again.view)} by a restart`)
  const told = store.told(disk.events)
  if (json(told) !== json(store.view(book))) faults.push(`in force is ${json(store.view(book))}, the events tell of ${json(told)}`)
  store.close?.(book)
  return { taken, widths, faults }
}

const json = (value: object): string => JSON.stringify(value)

type Restarted = { readonly view: object; readonly bars: readonly string[] }
/** By what is on the disk at which time: most of it comes again and again. */
type Restarts = Map<string, Restarted>

async function restarted<Book>(store: Explored<Book>, restarts: Restarts, disk: Disk, utcUs: number): Promise<Restarted> {
  const key = `${utcUs} ${JSON.stringify([[...disk.states], [...disk.files]])}`
  const known = restarts.get(key)
  if (known !== undefined) return known
  const copy = copyOf(disk)
  const clock = virtualClock(utcUs / 1000)
  const book = await store.open(
    scriptedJournal(clock, copy).journal,
    clock,
    scriptedFiles(copy, () => undefined),
  )
  const found = { view: store.view(book), bars: store.bars(book) }
  store.close?.(book)
  restarts.set(key, found)
  return found
}

/** What has to hold at every instant, since the power may fail at any. */
function faultsOf<Book>(
  store: Explored<Book>,
  book: Book,
  again: Restarted,
  told: object,
  confirmed: readonly (Confirmed | 'open')[],
): readonly string[] {
  const faults: string[] = []
  const expected = store.afterRestart?.(told) ?? told
  if (json(again.view) !== json(expected)) faults.push(`the disk has ${json(again.view)}, its events tell of ${json(expected)}`)
  const bars = new Set(store.bars(book))
  const missing = again.bars.filter((bar) => !bars.has(bar))
  // What a restart bars of its own accord was not barred before.
  if (missing.length > 0 && store.afterRestart === undefined) faults.push(`memory does not bar what the disk bars: ${missing.join(', ')}`)
  // What was confirmed as recorded survives; while something is open or held only, memory may bar more.
  if (confirmed.every((how) => how === 'done' || how === 'no')) {
    const lost = [...bars].filter((bar) => !again.bars.includes(bar))
    if (lost.length > 0) faults.push(`confirmed and gone after a restart: ${lost.join(', ')}`)
  }
  return faults
}
