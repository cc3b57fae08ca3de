import type { SecurityEvent } from '../../src/events/index.ts'
import type { Writer } from '../../src/journal/index.ts'
import type { Clock } from '../../src/platform/index.ts'
import type { Chance } from './chance.ts'
import type { Faults } from './wires.ts'

/** A record of what was done to a breaker: what the rules ask about. Of the others only the number is kept, so that an hour fits. */
export type Stored = { readonly seq: number; readonly id: string; readonly fields: Readonly<Record<string, unknown>> }

/** A refusal is an event of its own, or one of the `count` that `events-collapsed` sums up. */
function countRefusals({ refusals }: Disk, { id, fields }: SecurityEvent): void {
  const host = String(fields.source ?? '').replace(/:\d+$/, '')
  const add = (count: number): void => void refusals.set(host, (refusals.get(host) ?? 0) + count)
  if (id === 'operation-denied') add(1)
  if (id === 'events-collapsed' && fields.event === 'operation-denied') add(Number(fields.count ?? 0))
}

/** What is durable: it outlives a run of the gateway. */
export type Disk = {
  /** What was done to breakers, in order. */
  readonly stored: Stored[]
  readonly states: Map<string, string>
  /** Refused operations by the host that asked: one event each, or counted in a sum. */
  readonly refusals: Map<string, number>
}
export const emptyDisk = (): Disk => ({ stored: [], states: new Map(), refusals: new Map() })

/** The journal's disk: slow, and at times full; now and then it is full before the gateway starts. */
export function simWriter(clock: Clock, chance: Chance, faults: Faults, disk: Disk): Writer {
  const { stored, states } = disk
  let fullUntil = faults.on && chance.happens(0.2) ? chance.between(500, 8000) : -Infinity
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
    replaced: 'no',
    key: 'ab12',
    publicPem: '',
    keyMade: false,
    keyFault: '',
    stateCheck: { kind: 'fits' },
    carried: [],
    acceptStates: () => Promise.reject(new Error('there is nothing to accept in the simulation')),
    write: (entries) =>
      later(() => {
        const first = seq + 1
        for (const { event, state } of entries) {
          seq += 1
          if (event !== 'checkpoint') {
            countRefusals(disk, event)
            if (event.id.startsWith('operation-') && event.id !== 'operation-denied')
              stored.push({ seq, id: event.id, fields: event.fields })
          }
          for (const [key, value] of Object.entries(state)) states.set(key, value)
        }
        return { first, head: { seq, hash: '' } }
      }),
    putState: (key, value) => later(() => void states.set(key, value)),
    states: (prefix) => Promise.resolve([...states].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ key, value }))),
    read: () => Promise.resolve([]),
    range: () => Promise.resolve({ first: 0, last: 0 }),
    query: () => Promise.resolve([]),
    queryText: () => Promise.resolve('[]'),
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
