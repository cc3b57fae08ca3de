import { type Journal, type StoreFault, verifyInThread } from '../../journal/index.ts'
import type { Rights } from '../../policy/index.ts'
import { watchClock } from './clock-watch.ts'
import type { Core } from '../core.ts'
import type { InForce, Ports } from '../ports.ts'
import { startHeartbeat } from './heartbeat.ts'
import { type JournalRetention, startRetention } from './retention.ts'
import { checkKeyStore, startSelfTest } from './self-test.ts'
import type { Sinks } from './sinks.ts'
import type { FailClosed } from './fail-closed.ts'

export type SelfMonitoring = { readonly retention: JournalRetention; close(): void }

type Parts = {
  readonly journal: Journal
  readonly journalFile: string
  readonly failClosed: FailClosed
  readonly sinks: Sinks
  readonly core: Pick<Core, 'note'>
  readonly rights: () => Rights
}

/** Everything that watches the gateway itself: its journal, its clock, its parts, and that it is alive. */
export function startSelfMonitoring(force: InForce, { clock, log, clockSynchronised }: Ports, parts: Parts): SelfMonitoring {
  const { journal, journalFile, failClosed, sinks, core, rights } = parts
  const keeper = startRetention({
    journal,
    clock,
    log,
    failClosed,
    settings: () => force.site.journal,
    delivered: () => sinks.delivered(),
    async walk(progress) {
      await journal.flush()
      const { seq, hash } = journal.head()
      const { publicPem } = journal.signing()
      const keyPems = publicPem === '' ? [] : [publicPem]
      const anchors = seq === 0 ? [] : [{ seq, hash }]
      return verifyInThread({ path: journalFile, anchors, keyPems, nothingSigned: 'may-be-young' }, progress)
    },
  })
  const judge = (): void => {
    checkKeyStore({ failClosed, journal }) // first: the fault of the journal must not end before that of its key is known
    const fault = journal.fault()
    if (fault === 'none') failClosed.works('journal')
    else failClosed.fails('journal', describeFault(fault), 'in use', fault.kind)
  }
  const stops = [
    startSelfTest({ failClosed, journal, clock, rights }),
    watchClock({ clock, note: core.note, synchronised: clockSynchronised }),
    startHeartbeat({ journal, clock, lag: () => Math.max(0, ...sinks.status().map(({ owed }) => owed)) }),
    journal.onCommitted(judge),
  ]
  judge() // a disk that refused before anybody listened
  return {
    retention: keeper,
    close() {
      keeper.close()
      for (const stop of stops) stop()
    },
  }
}

function describeFault({ kind, why }: StoreFault): string {
  switch (kind) {
    case 'full':
      return 'its disk is full'
    case 'busy':
      return 'another program holds its file: fuser -v names it'
    case 'silent':
      return `its disk does not answer: ${why}`
    case 'fails':
      return `its disk or file fails: ${why}`
  }
}
