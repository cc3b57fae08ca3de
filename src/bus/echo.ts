import type { Request } from '../modbus/index.ts'

/** Whether the adapter of a two-wire line hears its own sending. */
export type Echo = 'yes' | 'no' | 'unknown'

/** What has been heard since a request was sent. */
export type Heard =
  /** Bytes that are, so far, the request itself. `sure`: this line echoes; otherwise they may still turn out to be a reply. */
  | { readonly kind: 'echo'; readonly sure: boolean; readonly sent: Uint8Array; readonly bytes: Uint8Array }
  /** Bytes after the echo, or on a line without one. `found` is what this request has newly shown about the line. */
  | { readonly kind: 'reply'; readonly bytes: Uint8Array; readonly found: Echo }
  /** The line echoes, and something else than the request came back. */
  | { readonly kind: 'disturbed' }

/** Nothing yet, on a line of which nothing is to be found out. */
export const nothingHeard: Heard = { kind: 'reply', bytes: new Uint8Array(0), found: 'unknown' }

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

/** Takes the next bytes in. The echo of a request is stripped once it is whole; a frame that departs from it is none. */
export function listen(heard: Heard, chunk: Uint8Array): Heard {
  switch (heard.kind) {
    case 'disturbed':
      return heard
    case 'reply':
      return { ...heard, bytes: joined(heard.bytes, chunk) }
    case 'echo': {
      const { sent, sure } = heard
      const bytes = joined(heard.bytes, chunk)
      const same = bytes.subarray(0, sent.length).every((byte, i) => byte === sent[i])
      if (!same) return sure ? { kind: 'disturbed' } : { kind: 'reply', bytes, found: 'no' }
      if (bytes.length < sent.length) return { ...heard, bytes }
      return { kind: 'reply', bytes: bytes.slice(sent.length), found: sure ? 'unknown' : 'yes' }
    }
  }
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
