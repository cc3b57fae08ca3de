import t from 'tap'
import { event } from '../../src/events/index.ts'
import { type Entry, type Writer, createJournal, justTheChain, verifyJournal } from '../../src/journal/index.ts'
import { realClock } from '../../src/platform/index.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { filled, journalFile, openJournal, openWriter, quiet, something } from '../support/journals.ts'

t.test('numbers are gapless over a restart and the chain goes on [CR 2.8]', async (t) => {
  const path = journalFile(t)
  await filled(path, 5)
  await filled(path, 5)
  t.match(verifyJournal(path, justTheChain), { kind: 'whole', records: 10 })
})

t.test('events that come together are one commit; a permit waits for it', async (t) => {
  const path = journalFile(t)
  const writer = await openWriter(path)
  let commits = 0
  const counted: Writer = { ...writer, write: (entries) => ((commits += 1), writer.write(entries)) }
  const journal = createJournal(counted, realClock, quiet)
  const ids = await Promise.all(Array.from({ length: 500 }, (_, i) => journal.append(something(i))))
  t.same(
    ids,
    Array.from({ length: 500 }, (_, i) => i + 1),
  )
  t.ok(commits <= 3, `${commits} commits for 500 events`)
  await journal.close()
})

/** A disk that is full when it is told to be, with a reserve that is given away once. */
function fakeDisk() {
  const disk = { full: true, code: 'SQLITE_FULL', reserve: true, room: 0, written: [] as string[], signed: 0 }
  const writer = {
    head: { seq: 0, hash: '' },
    replaced: 'no',
    key: 'ab12',
    publicPem: '',
    keyMade: false,
    keyFault: '',
    write: (entries: readonly Entry[]) => {
      if (disk.full && disk.room < entries.length)
        return Promise.reject(Object.assign(new Error('database or disk is full'), { code: disk.code }))
      disk.room -= entries.length
      const first = disk.written.length + 1
      for (const { event: told } of entries) {
        if (told === 'checkpoint') disk.signed += 1
        disk.written.push(told === 'checkpoint' ? 'checkpoint' : told.id === 'locked' ? String(told.fields.subject) : told.id)
      }
      return Promise.resolve({ first, head: { seq: disk.written.length, hash: '' } })
    },
    release: () => {
      const had = disk.reserve
      disk.reserve = false
      if (had) disk.room = 10
      return Promise.resolve(had)
    },
    restore: () => Promise.resolve((disk.reserve = !disk.full)),
    fold: () => Promise.resolve(),
    close: () => Promise.resolve(),
  } as unknown as Writer
  return { disk, writer }
}
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

t.test(
  'a full disk refuses who waits, says so in the room that was kept for it, keeps the notes, and recovers by itself [CR 2.10] [CR 2.9]',
  async (t) => {
    const clock = virtualClock()
    const { disk, writer } = fakeDisk()
    const journal = createJournal(writer, clock, quiet)
    journal.note(something(1))
    t.equal(await journal.append(something(2)), 'unavailable')
    t.equal(journal.writes(), false)
    t.equal(await journal.append(something(3)), 'unavailable', 'at once, without waiting for the disk')
    await turns()
    clock.advance(30)
    await turns()
    t.same(disk.written, ['journal-full', 'p1'], 'the alarm and the notes fit into the reserve; what was refused never appears')
    t.equal(journal.writes(), false, 'but nothing is allowed before there is room again')
    for (let i = 0; i < 5; i++) {
      clock.advance(1000)
      await turns()
    }
    t.equal(journal.writes(), false)
    disk.full = false
    clock.advance(1000)
    await turns()
    t.equal(journal.writes(), true)
    t.type(await journal.append(something(4)), 'number')
    t.same(disk.written.filter((id) => id === 'journal-full').length, 1, 'once')
  },
)

t.test('a journal that is held by another program, or whose disk fails, says that and not that it is full [CR 2.10]', async (t) => {
  for (const [code, id, gives] of [
    ['SQLITE_FULL', 'journal-full', true],
    ['SQLITE_BUSY', 'journal-busy', false],
    ['SQLITE_BUSY_SNAPSHOT', 'journal-busy', false],
    ['SQLITE_LOCKED', 'journal-busy', false],
    ['SQLITE_IOERR_WRITE', 'journal-failing', false],
    ['SQLITE_READONLY', 'journal-failing', false],
    ['SQLITE_CORRUPT', 'journal-failing', false],
    ['', 'journal-failing', false],
  ] as const) {
    const clock = virtualClock()
    const { disk, writer } = fakeDisk()
    disk.code = code
    const journal = createJournal(writer, clock, quiet)
    t.equal(await journal.append(something(1)), 'unavailable', `${code}: nothing is allowed`)
    t.match(journal.fault(), { kind: id.replace('journal-', '').replace('failing', 'fails') })
    t.equal(disk.reserve, !gives, `${code}: the kept room is ${gives ? 'given' : 'kept'}`)
    disk.full = false
    await turns()
    clock.advance(1000)
    await turns()
    t.equal(journal.fault(), 'none')
    t.same(disk.written, [id], code)
  }
})

t.test('the head is signed after 1000 events, or five minutes after the first that no checkpoint covers [CR 3.9]', async (t) => {
  const clock = virtualClock()
  const { disk, writer } = fakeDisk()
  disk.full = false
  const journal = createJournal(writer, clock, quiet)
  const settle = async (): Promise<void> => {
    clock.advance(100)
    await turns()
  }
  for (let i = 0; i < 999; i++) journal.note(something(i))
  await settle()
  await settle()
  t.equal(disk.signed, 0)
  journal.note(something(999))
  await settle()
  await settle()
  t.equal(disk.signed, 1, 'after a thousand')
  clock.advance(20 * 60_000)
  await settle()
  t.equal(disk.signed, 1, 'nothing new: nothing to sign')
  journal.note(something(1000))
  await settle()
  clock.advance(5 * 60_000 - 200)
  await settle()
  t.equal(disk.signed, 1)
  clock.advance(300)
  await settle()
  t.equal(disk.signed, 2, 'after five minutes')
  await journal.finish(event('gateway-stopped', { reason: 'test' }))
  t.same(disk.written.slice(-1), ['gateway-stopped'])
})

t.test('after the last event of a run nothing is written any more', async (t) => {
  const path = journalFile(t)
  const journal = await openJournal(path)
  const last = journal.finish(event('gateway-stopped', { reason: 'test' }))
  journal.note(something(1))
  t.equal(await journal.append(something(2)), 'unavailable')
  t.equal(await last, 1)
  t.match(await journal.read(0, 10), [{ id: 'gateway-stopped' }])
  await journal.close()
  t.match(verifyJournal(path, justTheChain), { kind: 'whole', records: 1 })
})

t.test('whoever asks what happened sees all of it, though events that nobody waits for gather', async (t) => {
  const journal = await openJournal(journalFile(t))
  for (let i = 1; i <= 3; i++) {
    journal.note(something(i))
    await journal.flush()
    t.equal(journal.head().seq, i)
  }
  for (const count of [63, 64, 65, 128, 129, 192, 320]) {
    const before = journal.head().seq
    for (let i = 0; i < count; i++) journal.note(something(i))
    await journal.flush()
    t.ok(journal.head().seq >= before + count, `all of ${count}, though they are several commits`)
  }
  const there = journal.head().seq
  for (let i = 0; i < 50; i++) journal.note(something(i))
  t.equal(journal.head().seq, there, 'they gather')
  t.ok(Number(await journal.append(something(99))) >= there + 51, 'what somebody waits for takes them along')
  await journal.close()
})
