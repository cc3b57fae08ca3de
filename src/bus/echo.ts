import type { Request } from '../modbus/index.ts'
import { MAX_HEARD_BYTES } from './limits.ts'

/** Whether the adapter of a two-wire line hears its own sending. */
export type Echo = 'yes' | 'no' | 'unknown'

/** What has been heard since a request was sent. */
export type Heard =
  /** Bytes that are, so far, the request itself. `sure`: this line echoes; otherwise they may still turn out to be a reply. */
  | { readonly kind: 'echo'; readonly sure: boolean; readonly sent: Uint8Array; readonly bytes: Uint8Array }
  /** Bytes after the echo, or on a line without one. `found` is what this request has newly shown about the line. */
  | { readonly kind: 'reply'; readonly bytes: Uint8Array; readonly found: Echo }
  /** The line echoes, and something else than the request came back, so far: the request may follow, or a reply to it. */
  | { readonly kind: 'disturbed'; readonly sent: Uint8Array; readonly bytes: Uint8Array }

/** Nothing yet, on a line of which nothing is to be found out. */
export const nothingHeard: Heard = { kind: 'reply', bytes: new Uint8Array(0), found: 'unknown' }

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

/**
 * Takes the next bytes in; of more than so many the last ones are kept. The echo of a request is stripped once it is whole, on a line that
 * is known to echo also from behind noise; a frame that departs from it is none.
 */
export function listen(heard: Heard, chunk: Uint8Array): Heard {
  const bytes = joined(heard.bytes, chunk)
  switch (heard.kind) {
    case 'reply':
      return { ...heard, bytes: bytes.subarray(Math.max(0, bytes.length - MAX_HEARD_BYTES)) }
    case 'disturbed':
      return strip(heard.sent, bytes)
    case 'echo': {
      const { sent, sure } = heard
      const same = bytes.subarray(0, sent.length).every((byte, i) => byte === sent[i])
      if (!same) return sure ? strip(sent, bytes) : { kind: 'reply', bytes, found: 'no' }
      if (bytes.length < sent.length) return { ...heard, bytes }
      return { kind: 'reply', bytes: bytes.slice(sent.length), found: sure ? 'unknown' : 'yes' }
    }
  }
}

function strip(sent: Uint8Array, bytes: Uint8Array): Heard {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(sent)
  if (at !== -1) return { kind: 'reply', bytes: bytes.slice(at + sent.length), found: 'unknown' }
  return { kind: 'disturbed', sent, bytes: bytes.subarray(Math.max(0, bytes.length - MAX_HEARD_BYTES)) }
}

/**
 * Requests whose success looks like the request itself, byte for byte or but for a date: their echo must never be taken for it.
 * They are sent only once it is known whether the line echoes.
 */
export function isTakenForItsEcho(request: Request): boolean {
  switch (request.kind) {
    case 'write-single-coil':
    case 'write-single-register':
    case 'mask-write-register':
    case 'write-file-record':
    case 'write-date-time':
    case 'diagnostics':
      return true
    case 'read-coils':
    case 'read-discrete-inputs':
    case 'read-holding-registers':
    case 'read-input-registers':
    case 'read-exception-status':
    case 'get-comm-event-counter':
    case 'get-comm-event-log':
    case 'write-multiple-coils':
    case 'write-multiple-registers':
    case 'report-server-id':
    case 'read-file-record':
    case 'read-write-multiple-registers':
    case 'read-fifo-queue':
    case 'read-device-identification':
    case 'read-date-time':
    case 'read-scattered-registers':
      return false
  }
}
