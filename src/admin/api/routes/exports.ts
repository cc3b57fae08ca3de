import { type Writable, finished } from 'node:stream'
import { event } from '../../../events/index.ts'
import type { Gateway } from '../../../gateway/index.ts'
import { type ExportEnd, type ExportOrder, type Exporting, exportInThread } from '../../../journal/index.ts'

/** A download whose reader takes nothing for so long is ended, milliseconds: it would keep others from theirs. */
const STALLED_MS = 30_000
/** No export takes longer, milliseconds: a reader that takes a byte a second would have the only place for ever. */
const LONGEST_MS = 30 * 60_000
/** How often both are looked at, milliseconds. */
const CHECK_MS = 5_000

type Start = typeof exportInThread
/** The response that an export goes into, as much of it as is looked at. */
type Response = Writable & { readonly socket: { readonly bytesWritten: number } | null }
/** Why an export did not reach its end. */
export type ExportFault = { readonly kind: 'reader-left' | 'reader-stopped' | 'too-long' } | Extract<ExportEnd, { readonly why: string }>

export type RunningExport = { readonly subject: string; readonly format: ExportOrder['format']; readonly sinceMs: number }
type Ports = Pick<Gateway, 'clock'> & { readonly journal: Pick<Gateway['journal'], 'note' | 'sign'> }

export interface Exports {
  /** The one that runs; `none`: there is a place. */
  running(): RunningExport | 'none'
  /** Takes the only place; undefined when somebody has it. What has it starts an export, or gives it back. */
  reserve(subject: string, format: ExportOrder['format']): Reservation | undefined
  /** Ends the one that runs. Resolves when its thread has closed the journal's file. */
  close(): Promise<void>
}
export type Started = { readonly kind: 'started'; readonly stream: Exporting['stream'] } | { readonly kind: 'failed'; readonly why: string }
export interface Reservation {
  /** Starts it; `out` is the response that its bytes go into. When its thread cannot start, the place is free again. */
  start(order: ExportOrder, out: Response): Started
  release(): void
}

/** Exports, one at a time: two would take the processor of the machine, and the memory, twice. `start` is a parameter for tests. */
export function createExports({ journal, clock }: Ports, start: Start = exportInThread): Exports {
  let running: RunningExport | 'none' = 'none'
  let ending: { readonly exporting: Exporting; readonly over: Promise<void> } | undefined

  async function watch(exporting: Exporting, order: ExportOrder, subject: string, out: Response): Promise<void> {
    const fault = await outcome(exporting, out, clock)
    running = 'none'
    ending = undefined
    if (fault !== 'none') record(fault, order, subject, exporting.upTo())
  }
  function record(fault: ExportFault, { first: fromSeq, last: toSeq, format }: ExportOrder, subject: string, upTo: number): void {
    journal.note(event('export-incomplete', { subject, format, fromSeq, toSeq, upTo, reason: describeExportFault(fault) }))
  }
  /** A thread needs memory and a process slot of the machine, and a Worker's constructor throws without them. */
  function startThread(order: ExportOrder): Exporting | { readonly kind: 'failed'; readonly why: string } {
    try {
      return start(order, (text) => journal.sign(text))
    } catch (error) {
      return { kind: 'failed', why: `its thread could not start: ${String(error)}` }
    }
  }

  return {
    running: () => running,
    reserve(subject, format) {
      if (running !== 'none') return undefined
      running = { subject, format, sinceMs: clock.now() }
      return {
        start(order, out) {
          const exporting = startThread(order)
          if ('kind' in exporting) {
            running = 'none'
            record(exporting, order, subject, order.first - 1)
            return exporting
          }
          ending = { exporting, over: watch(exporting, order, subject, out) }
          return { kind: 'started', stream: exporting.stream }
        },
        release: () => void (running = 'none'),
      }
    },
    async close() {
      ending?.exporting.stream.destroy()
      await ending?.over
    },
  }
}

/** Resolves when the thread is gone and the response has ended, with what was wrong. */
function outcome({ stream, ended }: Exporting, out: Response, clock: Gateway['clock']): Promise<ExportFault | 'none'> {
  const began = clock.now()
  let [taken, takenAt]: [number, number] = [0, began]
  let cut: ExportFault | 'none' = 'none'
  const check = (): void => {
    const left = out.socket?.bytesWritten ?? 0
    if (left !== taken) [taken, takenAt] = [left, clock.now()]
    if (clock.now() - began >= LONGEST_MS) cut = { kind: 'too-long' }
    // A thread that has not made its next piece yet keeps nobody's reader waiting for a reader.
    else if (clock.now() - takenAt >= STALLED_MS && out.writableNeedDrain) cut = { kind: 'reader-stopped' }
    if (cut === 'none') return void (cancel = clock.after(CHECK_MS, check))
    stream.destroy()
    out.destroy()
  }
  let cancel = clock.after(CHECK_MS, check)
  const sent = new Promise<'whole' | 'broken'>((resolve) => {
    finished(out, (error) => {
      stream.destroy()
      resolve(error === undefined || error === null ? 'whole' : 'broken')
    })
  })
  return Promise.all([ended, sent]).then(([end, response]) => {
    cancel()
    if (cut !== 'none') return cut
    if (end.kind === 'removed' || end.kind === 'failed') return end
    return end.kind === 'whole' && response === 'whole' ? 'none' : { kind: 'reader-left' }
  })
}

export function describeExportFault(fault: ExportFault): string {
  switch (fault.kind) {
    case 'reader-left':
      return 'the download was broken off'
    case 'reader-stopped':
      return `its reader took nothing for ${STALLED_MS / 1000} s`
    case 'too-long':
      return `it took longer than ${LONGEST_MS / 60_000} min`
    case 'removed':
    case 'failed':
      return fault.why
  }
}
