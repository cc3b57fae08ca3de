/** A value that the checks have let through; that it is not there is a bug of the checks. */
export function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a checked configuration holds a value that its checks should have refused')
  return value
}
