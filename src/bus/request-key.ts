import { type Request, encodeRequest, functionCodeOf } from '../modbus/index.ts'

/** One and the same request to a unit: a span of registers or coils as a number, since there are many of them, all else by its bytes. */
export type RequestKey = number | string

export function keyOf(request: Request): RequestKey {
  switch (request.kind) {
    case 'read-holding-registers':
    case 'read-input-registers':
    case 'read-coils':
    case 'read-discrete-inputs':
      return (functionCodeOf(request) * 0x10000 + request.address) * 0x10000 + request.quantity
    case 'read-exception-status':
    case 'read-fifo-queue':
    case 'read-file-record':
    case 'get-comm-event-counter':
    case 'get-comm-event-log':
    case 'diagnostics':
    case 'report-server-id':
    case 'write-single-coil':
    case 'write-single-register':
    case 'write-multiple-coils':
    case 'write-multiple-registers':
    case 'mask-write-register':
    case 'read-write-multiple-registers':
    case 'write-file-record':
    case 'read-device-identification':
    case 'read-date-time':
    case 'write-date-time':
    case 'read-scattered-registers':
      return Buffer.from(encodeRequest(request)).toString('latin1')
  }
}
