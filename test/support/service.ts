import { breakwall } from '../../hil/demo/prepare.ts'

/**
 * Program and arguments that start Node on a script of the project as a service does: tap puts a loader into NODE_OPTIONS of whatever a test
 * spawns, and the gateway refuses to start with one. env(1) removes it and becomes the program, so that the process id stays.
 */
export const asService = (script: string, ...args: readonly string[]): readonly [string, string[]] => [
  'env',
  ['-u', 'NODE_OPTIONS', process.execPath, script, ...args],
]

/** The same for a command of the project. */
export const breakwallService = (...args: readonly string[]): readonly [string, string[]] => asService(breakwall, ...args)
