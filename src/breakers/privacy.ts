import type { Reply, Request } from '../modbus/index.ts'
import { registersRead } from './access.ts'
import { COMMAND_FIRST, PASSWORD_FIRST, PASSWORD_LAST, RESULT_LAST } from './command-interface.ts'
import type { Profile } from './profile.ts'

/**
 * What a client may see of a reply that covers the command interface: never a password, and of the command and its result (8000 to 8149)
 * only its own. The rest reads as 0: the code in 8020 then is not the reader's, as the documents have every client check.
 */
export function redactFor(reader: 'owner' | 'other', request: Request, reply: Reply, profile: Profile): Reply {
  if (reply.kind !== 'registers' || profile.commands.length === 0) return reply
  const hidden = (register: number): boolean =>
    (register >= PASSWORD_FIRST && register <= PASSWORD_LAST) ||
    (reader === 'other' && register >= COMMAND_FIRST && register <= RESULT_LAST)
  let seen = reply.registers
  let at = 0
  for (const { first, count } of registersRead(request)) {
    for (let i = 0; i < count; i++, at += 2) {
      if (!hidden(first + i)) continue
      if (seen === reply.registers) seen = reply.registers.slice()
      seen[at] = 0
      seen[at + 1] = 0
    }
  }
  return seen === reply.registers ? reply : { ...reply, registers: seen }
}
