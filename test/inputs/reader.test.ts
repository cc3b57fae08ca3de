import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type Heard, readContact, readPin } from '../../src/inputs/index.ts'
import { realClock } from '../../src/platform/index.ts'

/** What is heard, and waiting for something of it. */
function ears() {
  const heard: Heard[] = []
  let wake: () => void = () => undefined
  return {
    heard,
    hear: (one: Heard) => (heard.push(one), wake()),
    until: async (fits: (one: Heard) => boolean): Promise<Heard> => {
      for (;;) {
        const found = heard.find(fits)
        if (found !== undefined) return found
        await new Promise<void>((resume) => (wake = resume))
      }
    },
  }
}

t.test('a line is read by the words that the site gives, over and over, by one program; what is no 0 or 1 is lost', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-input-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const value = join(folder, 'value')
  const program = join(folder, 'gpioget')
  // In place of libgpiod: it prints what a file holds, and fails without one, as the tool does without a chip.
  writeFileSync(program, '#!/bin/sh\ncat "$2"\n')
  chmodSync(program, 0o755)
  writeFileSync(value, '0\n')
  const { heard, hear, until } = ears()
  const cancel = readContact({ kind: 'command', words: [program, '--numeric', value] }, hear, realClock)
  t.teardown(() => cancel())
  await until(({ kind }) => kind === 'open')
  writeFileSync(value, '1\n')
  await until(({ kind }) => kind === 'closed')
  writeFileSync(value, 'inactive\n')
  t.match(await until(({ kind }) => kind === 'lost'), { why: '"inactive" is neither 0 nor 1' })
  heard.length = 0
  rmSync(value)
  t.match(await until(({ kind }) => kind === 'lost'), { why: /value/ }, 'what the program complains of')
  writeFileSync(value, '1\n')
  await until(({ kind }) => kind === 'closed')
})

t.test('a pin of a serial port is read while DTR and RTS feed it; a port that is gone is lost, and tried again', async (t) => {
  const { hear, until, heard } = ears()
  const fed: unknown[] = []
  let [cts, there] = [true, true]
  const make = () => {
    let isOpen = false
    return {
      get isOpen() {
        return isOpen
      },
      on: () => undefined,
      open: (done: (error: Error | null) => void) => ((isOpen = there), done(there ? null : new Error('no such port'))),
      close: () => (isOpen = false),
      set: (flags: unknown, done: (error: Error | null) => void) => (fed.push(flags), done(null)),
      get: (done: (error: Error | null, status?: unknown) => void) =>
        setImmediate(() => (there ? done(null, { cts, dsr: false, dcd: false }) : done(new Error('the adapter was pulled')))),
    }
  }
  const cancel = readPin('/dev/nowhere', 'CTS', hear, realClock, make as unknown as Parameters<typeof readPin>[4])
  t.teardown(() => cancel())
  await until(({ kind }) => kind === 'closed')
  t.same(fed, [{ dtr: true, rts: true }])
  cts = false
  await until(({ kind }) => kind === 'open')
  there = false
  t.match(await until(({ kind }) => kind === 'lost'), { why: 'the adapter was pulled' })
  t.match(await until((one) => one.kind === 'lost' && one.why === 'no such port'), {})
  heard.length = 0
  ;[there, cts] = [true, true]
  await until(({ kind }) => kind === 'closed')
})
