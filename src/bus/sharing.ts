import { type Reply, type Request, encodeRequest } from '../modbus/index.ts'

type SpanRead = Extract<
  Request,
  { readonly kind: 'read-holding-registers' | 'read-input-registers' | 'read-coils' | 'read-discrete-inputs' }
>

const spanKinds: ReadonlySet<Request['kind']> = new Set<SpanRead['kind']>([
  'read-holding-registers',
  'read-input-registers',
  'read-coils',
  'read-discrete-inputs',
])
const isSpan = (request: Request): request is SpanRead => spanKinds.has(request.kind)

/** Reads that say the same to everybody who asks at the same time. A FIFO queue may be popped and a diagnostic counts: those are not shared. */
export function isShareable(request: Request): boolean {
  switch (request.kind) {
    case 'read-holding-registers':
    case 'read-input-registers':
    case 'read-coils':
    case 'read-discrete-inputs':
    case 'read-scattered-registers':
    case 'read-device-identification':
    case 'read-date-time':
    case 'report-server-id':
      return true
    case 'read-exception-status':
    case 'read-fifo-queue':
    case 'read-file-record':
    case 'get-comm-event-counter':
    case 'get-comm-event-log':
    case 'diagnostics':
    case 'write-single-coil':
    case 'write-single-register':
    case 'write-multiple-coils':
    case 'write-multiple-registers':
    case 'mask-write-register':
    case 'read-write-multiple-registers':
    case 'write-file-record':
    case 'write-date-time':
      return false
  }
}

/** Reads that may be asked again when no reply came: all that take nothing away and change nothing. */
export function isRepeatable(request: Request): boolean {
  switch (request.kind) {
    case 'read-exception-status':
    case 'read-file-record':
    case 'get-comm-event-counter':
    case 'get-comm-event-log':
      return true
    case 'read-coils':
    case 'read-discrete-inputs':
    case 'read-holding-registers':
    case 'read-input-registers':
    case 'read-fifo-queue':
    case 'read-scattered-registers':
    case 'read-device-identification':
    case 'read-date-time':
    case 'report-server-id':
    case 'diagnostics':
    case 'write-single-coil':
    case 'write-single-register':
    case 'write-multiple-coils':
    case 'write-multiple-registers':
    case 'mask-write-register':
    case 'read-write-multiple-registers':
    case 'write-file-record':
    case 'write-date-time':
      return isShareable(request)
  }
}

/** Whether the reply to `wide` holds all that `asked` wants: the same request, or a span within its span. Both are shareable. */
export function covers(wide: Request, asked: Request): boolean {
  if (wide.kind !== asked.kind) return false
  if (isSpan(wide) && isSpan(asked)) return asked.address >= wide.address && asked.address + asked.quantity <= wide.address + wide.quantity
  return Buffer.compare(encodeRequest(wide), encodeRequest(asked)) === 0
}

/** The reply to `asked`, cut out of the reply to a request that covers it. `ask-alone`: an exception may be about the rest of the span. */
export function partOf(wide: Request, reply: Reply, asked: Request): Reply | 'ask-alone' {
  if (!isSpan(wide) || !isSpan(asked)) return reply
  const from = asked.address - wide.address
  if (from === 0 && asked.quantity === wide.quantity) return reply
  if (reply.kind === 'registers') return { kind: 'registers', registers: reply.registers.subarray(2 * from, 2 * (from + asked.quantity)) }
  return reply.kind === 'bits' ? { kind: 'bits', bits: bitsFrom(reply.bits, from, asked.quantity) } : 'ask-alone'
}

/** `quantity` bits from bit `from` on, packed lowest first as in FC 1 and 2 (V1.1b3, 6.1). */
function bitsFrom(bits: Uint8Array, from: number, quantity: number): Uint8Array {
  const cut = new Uint8Array(Math.ceil(quantity / 8))
  for (let i = 0; i < quantity; i++) {
    const at = from + i
    if ((((bits[at >> 3] ?? 0) >> (at & 7)) & 1) === 1) cut[i >> 3] = (cut[i >> 3] ?? 0) | (1 << (i & 7))
  }
  return cut
}
