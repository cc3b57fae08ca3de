import { type Request, registerOf } from '../modbus/index.ts'

/** A stretch of registers by their documented numbers. */
export type Span = { readonly first: number; readonly count: number }

/** The registers that a request reads, in the order in which its reply carries them. No default: a reading function that were forgotten here would show what `redactFor` blanks. */
export function registersRead(request: Request): readonly Span[] {
  switch (request.kind) {
    case 'read-holding-registers':
    case 'read-input-registers':
      return [{ first: registerOf(request.address), count: request.quantity }]
    case 'read-write-multiple-registers':
      return [{ first: registerOf(request.readAddress), count: request.readQuantity }]
    case 'read-scattered-registers':
      return request.addresses.map((address) => ({ first: registerOf(address), count: 1 }))
    case 'read-fifo-queue':
    case 'read-coils':
    case 'read-discrete-inputs':
    case 'read-exception-status':
    case 'read-file-record':
    case 'read-device-identification':
    case 'read-date-time':
    case 'diagnostics':
    case 'get-comm-event-counter':
    case 'get-comm-event-log':
    case 'report-server-id':
    case 'write-single-coil':
    case 'write-multiple-coils':
    case 'write-single-register':
    case 'write-multiple-registers':
    case 'mask-write-register':
    case 'write-file-record':
    case 'write-date-time':
      return []
  }
}

/** The registers that a request writes. No default: a writing function that were forgotten here could carry a password past the vault. */
export function registersWritten(request: Request): readonly Span[] {
  switch (request.kind) {
    case 'write-single-register':
    case 'mask-write-register':
      return [{ first: registerOf(request.address), count: 1 }]
    case 'write-multiple-registers':
      return [{ first: registerOf(request.address), count: request.values.length }]
    case 'read-write-multiple-registers':
      return [{ first: registerOf(request.writeAddress), count: request.values.length }]
    case 'read-holding-registers':
    case 'read-input-registers':
    case 'read-scattered-registers':
    case 'read-fifo-queue':
    case 'read-coils':
    case 'read-discrete-inputs':
    case 'read-exception-status':
    case 'read-file-record':
    case 'read-device-identification':
    case 'read-date-time':
    case 'diagnostics':
    case 'get-comm-event-counter':
    case 'get-comm-event-log':
    case 'report-server-id':
    case 'write-single-coil':
    case 'write-multiple-coils':
    case 'write-file-record':
    case 'write-date-time':
      return []
  }
}

export const describeSpan = ({ first, count }: Span, what = 'register'): string =>
  count === 1 ? `${what} ${first}` : `${what}s ${first} to ${first + count - 1}`
