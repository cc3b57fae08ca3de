import type { Cleared } from '../policy/index.ts'

/** Control comes before settings before reads. */
export const priorities = ['control', 'setting', 'read'] as const
export type Priority = (typeof priorities)[number]

export function priorityOf(operation: Cleared['operation']): Priority {
  switch (operation.class) {
    case 'control':
      return 'control'
    case 'monitor':
      return 'read'
    case 'protection-setting':
    case 'other-setting':
    case 'clock':
    case 'password':
    case 'diagnostic':
    case 'file':
    case 'unknown':
      return 'setting'
  }
}

/** Who gets the line next. Items of one client keep their order within a priority. */
export interface Schedule<T> {
  add(priority: Priority, client: string, item: T): void
  /** `control-only`: of what is left, only control operations may go now. */
  next(which: 'all' | 'control-only'): T | 'empty'
  isEmpty(): boolean
  /** Takes bus time from a client's account; negative gives some back. */
  charge(priority: Priority, client: string, ms: number): void
}

type Flow<T> = { readonly client: string; items: T[]; deficitMs: number }
/** `fresh`: clients that had nothing waiting a moment ago. Each gets one quantum before the others go on. */
type Level<T> = { readonly flows: Map<string, Flow<T>>; fresh: Flow<T>[]; round: Flow<T>[] }

/**
 * Deficit round robin by bus time (Shreedhar and Varghese, 1995), with the sparse flows first as in RFC 8290, 4.2: a client that asks twice a
 * second waits for the transaction on the line and for nobody's queue. An account that ran out goes to the end of the round; one that is
 * empty must wait a round before it counts as fresh again, so that asking in small bites gains nothing.
 */
export function createSchedule<T>(quantumMs: number): Schedule<T> {
  const level = (): Level<T> => ({ flows: new Map(), fresh: [], round: [] })
  const levels: Readonly<Record<Priority, Level<T>>> = { control: level(), setting: level(), read: level() }

  function take({ flows, fresh, round }: Level<T>): T | 'empty' {
    for (;;) {
      const from = fresh.length > 0 ? fresh : round
      const flow = from[0]
      if (flow === undefined) return 'empty'
      if (flow.deficitMs <= 0) {
        flow.deficitMs += quantumMs
        from.shift()
        round.push(flow)
        continue
      }
      const item = flow.items.shift()
      if (item !== undefined) return item
      from.shift()
      if (from === fresh && round.length > 0) round.push(flow)
      else flows.delete(flow.client)
    }
  }

  return {
    add(priority, client, item) {
      const { flows, fresh } = levels[priority]
      const flow = flows.get(client)
      if (flow !== undefined) return void flow.items.push(item)
      const begun = { client, items: [item], deficitMs: quantumMs }
      flows.set(client, begun)
      fresh.push(begun)
    },
    isEmpty: () => priorities.every((priority) => levels[priority].flows.size === 0),
    next(which) {
      for (const priority of which === 'all' ? priorities : (['control'] as const)) {
        const item = take(levels[priority])
        if (item !== 'empty') return item
      }
      return 'empty'
    },
    charge(priority, client, ms) {
      const flow = levels[priority].flows.get(client)
      if (flow !== undefined) flow.deficitMs -= ms
    },
  }
}
