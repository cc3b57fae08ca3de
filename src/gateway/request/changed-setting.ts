import { type Operation, type OperationClass, describeOperation } from '../../breakers/index.ts'
import { type Request, registerOf } from '../../modbus/index.ts'

/** Classes whose operations leave a breaker with another setting than before. */
const settings: ReadonlySet<OperationClass> = new Set<OperationClass>(['protection-setting', 'other-setting', 'clock'])
/** Values that are told of one write; a long block is told by its beginning. */
const MOST_VALUES = 16

/** Which setting an operation changed, and to what; `none` when it is of another kind. What it was before is told only where it was read. */
export function settingOf(operation: Operation, breaker: string): { readonly setting: string; readonly new: string } | 'none' {
  if (!settings.has(operation.class)) return 'none'
  const written = operation.command === 'none' ? writtenBy(operation.request) : 'none'
  if (written !== 'none') return written
  const words = describeOperation(operation, breaker)
  const found = /^(.*?) = (.*)$/.exec(words)
  return { setting: found?.[1] ?? words, new: found?.[2] ?? 'as commanded' }
}

function writtenBy(request: Request): { readonly setting: string; readonly new: string } | 'none' {
  switch (request.kind) {
    case 'write-single-register':
      return { setting: `register ${registerOf(request.address)}`, new: String(request.value) }
    case 'write-multiple-registers':
      return { setting: span('registers', registerOf(request.address), request.values.length), new: listed(request.values) }
    case 'write-single-coil':
      return { setting: `coil ${registerOf(request.address)}`, new: request.on ? 'on' : 'off' }
    case 'write-multiple-coils':
      return {
        setting: span('coils', registerOf(request.address), request.values.length),
        new: listed(request.values.map((on) => (on ? 'on' : 'off'))),
      }
    case 'read-coils':
    case 'read-discrete-inputs':
    case 'read-holding-registers':
    case 'read-input-registers':
    case 'read-exception-status':
    case 'read-fifo-queue':
    case 'read-file-record':
    case 'read-scattered-registers':
    case 'read-device-identification':
    case 'read-date-time':
    case 'report-server-id':
    case 'get-comm-event-counter':
    case 'get-comm-event-log':
    case 'diagnostics':
    case 'mask-write-register':
    case 'read-write-multiple-registers':
    case 'write-file-record':
    case 'write-date-time':
      return 'none'
  }
}

const span = (what: string, first: number, count: number): string =>
  count === 1 ? `${what} ${first}` : `${what} ${first} to ${first + count - 1}`

function listed(values: readonly (number | string)[]): string {
  const shown = values.slice(0, MOST_VALUES).join(' ')
  return values.length > MOST_VALUES ? `${shown} …` : shown
}
