import type { Command } from './profile.ts'

/**
 * The command interface of MicroLogic units: one write of 20 registers from 8000 runs a command; 8020 and on hold its result
 * (DOCA0091EN, "Command Interface").
 */
export const COMMAND_FIRST = 8000
export const COMMAND_LAST = 8019
export const COMMAND_REGISTERS = 20

export type Recognised = { readonly kind: 'command'; readonly command: Command } | { readonly kind: 'unknown'; readonly why: string }

/** Finds the documented command that the 20 values from register 8000 are, or says in what they differ from it. */
export function recogniseCommand(values: readonly number[], commands: readonly Command[]): Recognised {
  const [code, length, destination, security] = values
  const command = commands.find((known) => known.code === code)
  if (command === undefined) return { kind: 'unknown', why: `command ${String(code)} is not in the profile` }
  const differs = (what: string, is: number | undefined, documented: number): Recognised => ({
    kind: 'unknown',
    why: `command ${command.code} with ${what} ${String(is)} instead of ${documented}`,
  })
  if (length !== command.length) return differs('length', length, command.length)
  if (destination !== command.destination) return differs('destination', destination, command.destination)
  if (security !== command.security) return differs('security type', security, command.security)
  return { kind: 'command', command }
}
