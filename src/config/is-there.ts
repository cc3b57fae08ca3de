import { statSync } from 'node:fs'

/** A file that is there and cannot be examined (ELOOP, EACCES) is not missing: what opens it says why. */
export function isThere(file: string): boolean {
  try {
    statSync(file)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT')
  }
}
