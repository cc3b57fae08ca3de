import type { Writer } from '../../src/journal/index.ts'
import type { Clock } from '../../src/platform/index.ts'
import type { Chance } from './chance.ts'
import type { Faults } from './wires.ts'

/** A record of what was done to a breaker: what the rules ask about. Of the others only the number is kept, so that an hour fits. */
export type Stored = { readonly seq: number; readonly id: string; readonly fields: Readonly<Record<string, unknown>> }

/** The journal's disk: slow, and at times full. `stored` is what is durable, in order. */
export function simWriter(clock: Clock, chance: Chance, faults: Faults, stored: Stored[]): Writer {
  const states = new Map<string, string>()
  let fullUntil = -Infinity
  let seq = 0
  const later = <T>(run: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      clock.after(chance.between(0.2, faults.on ? 40 : 1), () => {
        if (faults.on && chance.happens(0.02)) fullUntil = clock.now() + chance.between(500, 8000)
        if (faults.on && clock.now() < fullUntil)
          return reject(Object.assign(new Error('the disk is full in the simulation'), { code: 'SQLITE_FULL' }))
        resolve(run())
      })
    })
  return {
    head: { seq: 0, hash: '' },
    ...{ replaced: 'no', key: '', publicPem: '', keyMade: false, keyFault: '' },
    ...{ stateCheck: { kind: 'fits' }, carried: [] },
    acceptStates: () => Promise.reject(new Error('there is nothing to accept in the simulation')),
    write: (entries) =>
      later(() => {
        const first = seq + 1
        for (const { event, state } of entries) {
          seq += 1
          if (event !== 'checkpoint' && event.id.startsWith('operation-') && event.id !== 'operation-denied')
            stored.push({ seq, id: event.id, fields: event.fields })
          for (const [key, value] of Object.entries(state)) states.set(key, value)
        }
        return { first, head: { seq, hash: '' } }
      }),
    putState: (key, value) => later(() => void states.set(key, value)),
    states: (prefix) => Promise.resolve([...states].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ key, value }))),
    read: () => Promise.resolve([]),
    rows: () => Promise.resolve([]),
    range: () => Promise.resolve({ first: 0, last: 0 }),
    query: () => Promise.resolve([]),
    fold: () => Promise.resolve(),
    sign: () => Promise.resolve(''),
    retain: () => Promise.resolve({ kind: 'nothing' }),
    space: () => Promise.resolve({ freeBytes: 0, journalBytes: 0 }),
    release: () => Promise.resolve(false),
    restore: () => Promise.resolve(true),
    openOperations: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  }
}
