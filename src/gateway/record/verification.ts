import { event } from '../../events/index.ts'
import type { Journal, Verified } from '../../journal/index.ts'
import type { Clock } from '../../platform/index.ts'
import type { FailClosed } from './fail-closed.ts'

export type Progress = (done: number, of: number) => void
export type Verifying = (progress: Progress) => Promise<Verified>

type Ports = { readonly journal: Pick<Journal, 'note'>; readonly clock: Clock; readonly failClosed: FailClosed; readonly walk: Verifying }

/** What came out when the chain was walked last. `unreadable`: it could not be walked, so nothing is known of it. */
export type LastVerification =
  | { readonly kind: 'never' }
  | { readonly kind: 'whole'; readonly atUtcUs: number; readonly records: number }
  | { readonly kind: 'broken'; readonly atUtcUs: number; readonly seq: number; readonly reason: string }
  | { readonly kind: 'unreadable'; readonly atUtcUs: number; readonly reason: string }

/** The walk along the whole chain, one at a time: whoever asks meanwhile gets what it finds. */
export function createVerification({ journal, clock, failClosed, walk }: Ports) {
  let walking: Promise<Verified> | 'no' = 'no'
  let last: LastVerification = { kind: 'never' }
  const watching = new Set<Progress>()

  async function start(by: string): Promise<Verified> {
    const verified = await walk((done, of) => watching.forEach((tell) => tell(done, of)))
    record(verified, by)
    return verified
  }

  function record(verified: Verified, by: string): void {
    const atUtcUs = clock.utcUs()
    switch (verified.kind) {
      case 'whole':
        last = { kind: 'whole', atUtcUs, records: verified.records }
        journal.note(event('journal-verified', { subject: by, count: verified.records }))
        return failClosed.works('chain')
      case 'broken': {
        const reason = `${verified.fault}: ${verified.what}`
        last = { kind: 'broken', atUtcUs, seq: verified.seq, reason }
        journal.note(event('journal-tampered', { subject: by, fromSeq: verified.seq, reason }))
        return failClosed.fails('chain', `event ${verified.seq} of the journal is wrong (${reason})`, 'by a self-test')
      }
      case 'unreadable':
        // Not one event was looked at: no event can be called wrong.
        last = { kind: 'unreadable', atUtcUs, reason: verified.what }
        return failClosed.fails('chain', `the journal cannot be read to verify it (${verified.what})`, 'by a self-test')
    }
  }

  return {
    last: (): LastVerification => last,
    async run(by: string, progress: Progress): Promise<Verified> {
      watching.add(progress)
      if (walking === 'no') walking = start(by).finally(() => void (walking = 'no'))
      return walking.finally(() => watching.delete(progress))
    },
  }
}
