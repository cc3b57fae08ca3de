import { event } from '../events/index.ts'
import type { Journal, Verified } from '../journal/index.ts'
import type { Clock } from '../platform/index.ts'
import type { Trust } from './trust.ts'

export type Progress = (done: number, of: number) => void
export type Verifying = (progress: Progress) => Promise<Verified>

type Ports = { readonly journal: Pick<Journal, 'note'>; readonly clock: Clock; readonly trust: Trust; readonly walk: Verifying }

/** The walk along the whole chain, one at a time: whoever asks meanwhile gets what it finds. */
export function createVerification({ journal, clock, trust, walk }: Ports) {
  let walking: Promise<Verified> | 'no' = 'no'
  let last = ''
  const watching = new Set<Progress>()

  async function start(by: string): Promise<Verified> {
    const verified = await walk((done, of) => watching.forEach((tell) => tell(done, of)))
    const at = new Date(clock.utcUs() / 1000).toISOString()
    if (verified.kind === 'whole') {
      last = `${at} whole, ${verified.records} events`
      journal.note(event('journal-verified', { subject: by, count: verified.records }))
      trust.works('chain')
      return verified
    }
    const reason = verified.kind === 'broken' ? `${verified.fault}: ${verified.what}` : verified.what
    const fromSeq = verified.kind === 'broken' ? verified.seq : 0
    last = `${at} BROKEN: ${reason}`
    journal.note(event('journal-tampered', { subject: by, fromSeq, reason }))
    trust.fails('chain', `event ${fromSeq} of the journal is wrong (${reason})`, 'by a self-test')
    return verified
  }

  return {
    /** When it was done last and what came out; empty before the first time. */
    last: () => last,
    async run(by: string, progress: Progress): Promise<Verified> {
      watching.add(progress)
      if (walking === 'no') walking = start(by).finally(() => void (walking = 'no'))
      return walking.finally(() => watching.delete(progress))
    },
  }
}
