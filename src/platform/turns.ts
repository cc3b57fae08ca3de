/** Runs each work when the one before it has ended, however that ended. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    last = mine.catch(() => undefined) // its caller hears it; the next has its turn
    return mine
  }
}
