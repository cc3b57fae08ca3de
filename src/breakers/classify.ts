import { type Request, diagnosticSubFunctions, registerOf } from '../modbus/index.ts'
import { registersRead, describeSpan } from './access.ts'
import { COMMAND_REGISTERS, isWholeCommand, recogniseCommand, touchesCommands, withoutPassword } from './command-interface.ts'
import type { Operation } from './operation.ts'
import type { OperationClass } from './operation-class.ts'
import { describeDate } from './parameter.ts'
import type { OptionalFunction, Profile } from './profile.ts'

/** What a request means for a breaker of this profile. Cannot fail: what the profile does not know is `unknown`. */
export function classify(request: Request, profile: Profile): Operation {
  const as = (operationClass: OperationClass, words: string): Operation => ({ class: operationClass, words, request, command: 'none' })
  switch (request.kind) {
    case 'read-holding-registers':
    case 'read-input-registers':
    case 'read-scattered-registers':
      return as('monitor', readWords(request, profile))
    case 'read-coils':
      return as('monitor', `read ${describeSpan({ first: registerOf(request.address), count: request.quantity }, 'coil')} of {breaker}`)
    case 'read-discrete-inputs':
      return as('monitor', `read ${describeSpan({ first: registerOf(request.address), count: request.quantity }, 'input')} of {breaker}`)
    case 'read-device-identification':
      return as('monitor', 'read the device identification of {breaker}')
    case 'read-date-time':
      return as('monitor', 'read the clock of {breaker}')
    case 'read-exception-status':
      return as('monitor', 'read the exception status of {breaker}')
    case 'get-comm-event-counter':
      return as('monitor', 'read the communication event counter of {breaker}')
    case 'get-comm-event-log':
      return as('monitor', 'read the communication event log of {breaker}')
    case 'report-server-id':
      return as('monitor', 'read the server id of {breaker}')
    case 'diagnostics':
      return diagnostics(request, profile, as)
    case 'read-fifo-queue':
      // The standard says that reading does not clear the queue; old devices may pop it (facts: monitor only where a profile says so).
      return as(classOf('24', profile), `read the FIFO queue at register ${registerOf(request.address)} of {breaker}`)
    case 'write-date-time':
      return as(classOf('43/16', profile), `set the clock of {breaker} to ${describeDate(request.date)}`)
    case 'read-file-record':
      return as('file', 'read file records of {breaker}')
    case 'write-file-record':
      return as('file', 'write file records of {breaker}')
    case 'write-single-coil':
      return coils(request.address, [request.on], profile, as)
    case 'write-multiple-coils':
      return coils(request.address, request.values, profile, as)
    case 'write-single-register':
      return registers(registerOf(request.address), [request.value], profile, as)
    case 'mask-write-register':
      return masked(request, profile, as)
    case 'read-write-multiple-registers':
      return readWrite(request, profile, as)
    case 'write-multiple-registers':
      // Also where the profile has no commands: what looks like one may reach a device that takes it, and goes without its password.
      return isWholeCommand(request)
        ? command({ ...request, values: withoutPassword(request.values) }, profile)
        : registers(registerOf(request.address), request.values, profile, as)
  }
}

type As = (operationClass: OperationClass, words: string) => Operation

const classOf = (name: OptionalFunction, profile: Profile): OperationClass =>
  profile.functions.find((known) => known.name === name)?.class ?? 'unknown'

function readWords(request: Request, profile: Profile): string {
  const spans = registersRead(request)
  const [first] = spans
  if (first === undefined || spans.length > 1) return `read ${spans.length} scattered registers of {breaker}`
  const range = profile.readable.find(({ from, to }) => from <= first.first && first.first + first.count - 1 <= to)
  return `read ${describeSpan(first)} of {breaker}${range === undefined ? '' : ` (${range.words})`}`
}

/** The most data of FC 8/0 that passes, bytes: one word, as its example in V1.1b3, 6.8 (docs/decisions/0037). */
const ECHO_BYTES = 2

function diagnostics(request: Extract<Request, { kind: 'diagnostics' }>, profile: Profile, as: As): Operation {
  const { subFunction } = request
  const words = `${diagnosticSubFunctions[subFunction]} of {breaker} (8/${subFunction})`
  switch (subFunction) {
    case 1:
    case 3:
    case 4:
    case 10:
    case 20:
      return as(classOf(`8/${subFunction}`, profile), words)
    case 0:
      return request.data.length <= ECHO_BYTES
        ? as('monitor', words)
        : as('unknown', `${words} with ${request.data.length} bytes: ${ECHO_BYTES} show that the line works`)
    case 2:
    case 11:
    case 12:
    case 13:
    case 14:
    case 15:
    case 16:
    case 17:
    case 18:
      return as('monitor', words)
  }
}

function command(request: Extract<Request, { kind: 'write-multiple-registers' }>, profile: Profile): Operation {
  if (request.values.length !== COMMAND_REGISTERS) throw new Error('a command has 20 registers')
  const found = recogniseCommand(request.values, profile.commands)
  if (found.kind === 'unknown') return { class: 'unknown', words: found.why, request, command: 'none' }
  return { class: found.command.class, words: found.words, request, command: found.command }
}

/** A plain write. It must lie whole in one documented range: one that leaves it would carry undocumented registers along. */
function registers(first: number, values: readonly number[], profile: Profile, as: As): Operation {
  const span = { first, count: values.length }
  if (touchesCommands(first, values.length)) return as('unknown', `write into the command interface of {breaker}: ${describeSpan(span)}`)
  const range = profile.writable.find(({ from, to }) => from <= first && first + values.length - 1 <= to)
  if (range === undefined) return as('unknown', `write ${describeSpan(span)} of {breaker}`)
  return as(range.class, `${range.words} (${describeSpan(span)} = ${values.join(', ')})`)
}

/** A mask that keeps every bit still writes the register, and triggers where writing triggers (V1.1b3, 6.16). */
function masked(request: Extract<Request, { kind: 'mask-write-register' }>, profile: Profile, as: As): Operation {
  const judged = registers(registerOf(request.address), [0], profile, as)
  const hex = (n: number): string => n.toString(16).padStart(4, '0')
  const words = `mask register ${registerOf(request.address)} of {breaker} with AND ${hex(request.andMask)}, OR ${hex(request.orMask)}`
  return as(judged.class, words)
}

/** Judged by its write part, which is done first and is always the stricter; as a command it has no documented shape. */
function readWrite(request: Extract<Request, { kind: 'read-write-multiple-registers' }>, profile: Profile, as: As): Operation {
  const judged = registers(registerOf(request.writeAddress), request.values, profile, as)
  return as(judged.class, `${judged.words}, then ${readWords(request, profile)}`)
}

function coils(address: Parameters<typeof registerOf>[0], values: readonly boolean[], profile: Profile, as: As): Operation {
  const first = registerOf(address)
  const span = { first, count: values.length }
  const range = profile.coils.find(({ from, to }) => from <= first && first + values.length - 1 <= to)
  const what = `${describeSpan(span, 'coil')} = ${values
    .slice(0, 16)
    .map((on) => (on ? 'on' : 'off'))
    .join(', ')}`
  return range === undefined ? as('unknown', `write ${what} of {breaker}`) : as(range.class, `${range.words} (${what})`)
}
