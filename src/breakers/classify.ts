import { type Address, type Request, registerOf } from '../modbus/index.ts'
import { COMMAND_FIRST, COMMAND_LAST, COMMAND_REGISTERS, recogniseCommand } from './command-interface.ts'
import type { Operation, OperationClass } from './operation.ts'
import type { Profile } from './profile.ts'

/** What a request means for a breaker of this profile. Cannot fail: what the profile does not know is `unknown`. */
export function classify(request: Request, profile: Profile): Operation {
  switch (request.kind) {
    case 'read-holding-registers':
    case 'read-input-registers':
      return { class: 'monitor', words: `read ${range(request.address, request.quantity)}`, request, command: 'none' }
    case 'read-device-identification':
      return { class: 'monitor', words: 'read the device identification', request, command: 'none' }
    case 'write-single-register':
      return classifyWrite(request, request.address, [request.value], profile)
    case 'write-multiple-registers':
      return classifyWrite(request, request.address, request.values, profile)
  }
}

function classifyWrite(request: Request, address: Address, values: readonly number[], profile: Profile): Operation {
  const first = registerOf(address)
  const last = first + values.length - 1
  const as = (operationClass: OperationClass, words: string): Operation => ({
    class: operationClass,
    words,
    request,
    command: 'none',
  })

  if (first <= COMMAND_LAST && last >= COMMAND_FIRST) {
    const whole = request.kind === 'write-multiple-registers' && first === COMMAND_FIRST && values.length === COMMAND_REGISTERS
    if (!whole) return as('unknown', `write into the command area: ${range(address, values.length)}`)
    const found = recogniseCommand(values, profile.commands)
    if (found.kind === 'unknown') return as('unknown', found.why)
    return { class: found.command.class, words: found.command.words, request, command: found.command.code }
  }
  // The whole write must lie in one documented range: a write that leaves it would carry undocumented registers along.
  const covering = profile.writable.find((known) => known.from <= first && last <= known.to)
  if (covering === undefined) return as('unknown', `write ${range(address, values.length)}`)
  return as(covering.class, `${covering.words} (${range(address, values.length)} = ${values.join(', ')})`)
}

function range(address: Address, quantity: number): string {
  const first = registerOf(address)
  return quantity === 1 ? `register ${first}` : `registers ${first} to ${first + quantity - 1}`
}
