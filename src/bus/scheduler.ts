import type { Cleared } from '../policy/index.ts'
import { MAX_QUEUED } from './limits.ts'

/** Who gets the line next: control before settings before reads, first come first served within each. */
export type Queue<T> = { readonly [priority in Priority]: readonly T[] }
const priorities = ['control', 'setting', 'read'] as const
type Priority = (typeof priorities)[number]

export const emptyQueue: Queue<never> = { control: [], setting: [], read: [] }

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

/** Takes one more in, or says `full`. Reads alone can fill it: a control operation always finds a place. */
export function enqueue<T>(queue: Queue<T>, priority: Priority, item: T): Queue<T> | 'full' {
  const length = priority === 'control' ? queue.control.length : queue.control.length + queue.setting.length + queue.read.length
  return length >= MAX_QUEUED ? 'full' : { ...queue, [priority]: [...queue[priority], item] }
}

export function dequeue<T>(queue: Queue<T>): readonly [T, Queue<T>] | 'empty' {
  for (const priority of priorities) {
    const [first, ...rest] = queue[priority]
    if (first !== undefined) return [first, { ...queue, [priority]: rest }]
  }
  return 'empty'
}
