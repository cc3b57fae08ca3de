import { type LineAddress, encodeRtu, hiddenFrame } from '../modbus/index.ts'
import type { Operation } from './operation.ts'

/**
 * The operation as it may go to this address of a serial line: a list of scattered registers is bytes of the client's choice, and one that
 * holds a whole frame which does more than read is `unknown` (docs/decisions/0037). Its order has no meaning, so that another order passes.
 */
export function judgeOnLine(operation: Operation, address: LineAddress): Operation {
  if (operation.request.kind !== 'read-scattered-registers') return operation
  const found = hiddenFrame(encodeRtu(address, operation.request))
  if (found === 'none') return operation
  const why = `a part of the list is a whole frame with function ${found.functionCode}: ask for it in another order`
  return { ...operation, class: 'unknown', words: `${operation.words}: ${why}` }
}

/**
 * True for a request that only reads by its function, and would carry a frame of the client's choice to a line: no mode lets it pass, since
 * the frame may be for a device whose mode is another.
 */
export const carriesFreeBytes = ({ class: operationClass, request }: Operation): boolean =>
  operationClass === 'unknown' &&
  (request.kind === 'read-scattered-registers' || (request.kind === 'diagnostics' && request.subFunction === 0))
