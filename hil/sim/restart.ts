import type { Core } from '../../src/gateway/index.ts'

type Books = Pick<Core, 'locks' | 'tags' | 'masterLock' | 'grants'>

/** What bars the breakers, in words that can be compared: tags and jobs, the master lock, locks, and grants that are in force. */
function barsOf({ locks, tags, masterLock, grants }: Books, breakers: readonly string[]) {
  const { tags: hung, jobs } = tags.tags()
  return {
    hung: [...hung.map(({ id }) => id), ...jobs.map(({ name }) => `job ${name}`)].sort(),
    master: masterLock.state().on,
    open: breakers.filter((name) => locks.locks(name).control.kind === 'unlocked'),
    granted: breakers.flatMap((name) => grants.of(name).map(({ id, state }) => `${id} ${state.kind}`)).sort(),
  }
}

/**
 * Compares the books of a gateway with those that the next one reads from the same disk: what hangs and bars is the same; a lock that is
 * open, or a grant, may be gone. Returns what differs, in words.
 */
export function lostByRestart(before: Books, after: Books, breakers: readonly string[]): readonly string[] {
  const [was, is] = [barsOf(before, breakers), barsOf(after, breakers)]
  const more = (one: readonly string[], other: readonly string[]): string[] => one.filter((name) => !other.includes(name))
  return [
    ...more(was.hung, is.hung).map((id) => `tag ${id} hung before a restart and does not after it`),
    ...more(is.hung, was.hung).map((id) => `tag ${id} was taken off and hangs after a restart`),
    ...(was.master === is.master ? [] : [`the master lock was ${was.master ? 'on' : 'off'} and is not after a restart`]),
    ...more(is.open, was.open).map((name) => `${name} was locked and is open after a restart`),
    ...more(is.granted, was.granted).map((grant) => `grant ${grant} is in force after a restart only`),
  ]
}
