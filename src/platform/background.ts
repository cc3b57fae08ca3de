/**
 * For work that nobody waits for and that tells of its failures by its value, an event or a log line. That it rejects all the same is a
 * bug, and ends the process as every bug does: the linter allows no other way to leave a promise alone.
 */
export function background(work: Promise<unknown>): void {
  work.catch((bug: unknown) =>
    setImmediate(() => {
      throw bug
    }),
  )
}
