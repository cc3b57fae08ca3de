import type { LineAddress, Request } from '../modbus/index.ts'
import type { Monotonic } from '../platform/index.ts'
import type { Subject } from '../policy/index.ts'
import type { TimedOutRequest } from './late-replies.ts'
import { type Fresh, type Refresh, createFresh } from './fresh.ts'
import type { Exchanged, LineKind, Target } from './line.ts'
import { type RequestHealth, createRequestHealth } from './request-health.ts'
import type { Priority } from './scheduler.ts'
import { covers } from './sharing.ts'
import { type UnitCounts, createUnitCounts } from './statistics.ts'
import { type Health, healthy } from './unit-health.ts'

/** How an operation ended, for its client and for the record. In the kinds that `Exchanged` does not have, not one byte was sent. */
export type Outcome =
  | Exchanged
  /** The queue is full. */
  | { readonly kind: 'busy' }
  /** It waited for its turn longer than is allowed, or its client has gone. */
  | { readonly kind: 'expired'; readonly why: string }
  /** Left without a reply before, and asked only now and then: the whole unit, or just this request while the unit answers others. */
  | { readonly kind: 'backed-off'; readonly silence: Silence }

export type Silence = { readonly of: 'unit'; readonly sinceUtcUs: number } | { readonly of: 'request' }

/** The device that a request is for, and how old its answers may be. */
export type Destination = Target & { readonly refresh: readonly Refresh[] }

/** Who asks. `wanted` is false once nobody waits for the answer; `stillHolds` asks the decision anew. */
export type Asker = { readonly subject: Subject; readonly stillConnected: () => boolean; readonly stillHolds: () => boolean }

/** One client's request, until it is answered. */
export type WaitingRequest = {
  readonly request: Request
  readonly client: string
  readonly asker: Asker
  /** A control operation that its bus holds back gets more. */
  until: Monotonic
  readonly end: (outcome: Outcome) => void
  job: Job | 'none'
  /** It was on the line at least once. */
  asked: boolean
  over: boolean
}

/** One transaction, waiting or on the line, with all who share it. */
export type Job = {
  readonly to: Destination
  readonly unit: Unit
  readonly priority: Priority
  readonly client: string
  readonly shareable: boolean
  /** It changes what the device shows: an answer from before it is old. A "get" command is one too, though it only looks. */
  readonly changes: boolean
  readonly request: Request
  waiting: WaitingRequest[]
  tries: number
  state: 'waiting' | 'sent' | 'over'
  /** `unit.operations` when it was sent: an intrusive operation since then makes its answer old. */
  sentAfter: number
}

/** One device of the bus. */
export type Unit = {
  health: Health
  readonly requests: RequestHealth
  /** Counts each sending and each end of an intrusive operation. */
  operations: number
  /** An operation is on its way; others to this unit are held back until it has ended. */
  operating: boolean
  readonly held: Job[]
  /** Control operations that wait for the end of a late reply. */
  parkedControl: number
  /** Shareable reads that wait or are on the line. */
  readonly reads: Job[]
  /** On a serial line: what timed out and may still be answered. */
  timedOut: readonly TimedOutRequest[]
  readonly fresh: Fresh
  readonly figures: UnitCounts
}

export function createUnits(line: LineKind): (address: LineAddress) => Unit {
  const units = new Map<LineAddress, Unit>()
  return (address) => {
    const known = units.get(address)
    if (known !== undefined) return known
    const requests = createRequestHealth(line)
    const unit: Unit = {
      health: healthy,
      requests,
      operations: 0,
      operating: false,
      held: [],
      parkedControl: 0,
      reads: [],
      timedOut: [],
      fresh: createFresh(),
      figures: createUnitCounts(),
    }
    units.set(address, unit)
    return unit
  }
}

const clients = new WeakMap<Subject, string>()
/** Connections of one certificate from one address are one client: opening more of them gains no more of the bus. */
export function clientOf(subject: Subject): string {
  const known = clients.get(subject)
  if (known !== undefined) return known
  const client = subject.kind === 'gateway' ? 'gateway' : `${subject.name} ${subject.source.replace(/:\d+$/, '')}`
  clients.set(subject, client)
  return client
}

export function newJob(made: Omit<Job, 'waiting' | 'tries' | 'state' | 'sentAfter'>, first: WaitingRequest): Job {
  const job: Job = { ...made, waiting: [first], tries: 0, state: 'waiting', sentAfter: 0 }
  first.job = job
  if (job.shareable) job.unit.reads.push(job)
  return job
}

export function join(job: Job, waiting: WaitingRequest): void {
  job.waiting.push(waiting)
  waiting.job = job
  if (job.state === 'sent') waiting.asked = true
}

/** A read that waits will be sent later than now; one on the line tells only what was so before, unless no operation came between. */
export function readToJoin(unit: Unit, request: Request): Job | undefined {
  return unit.reads.find((job) => (job.state === 'waiting' || job.sentAfter === unit.operations) && covers(job.request, request))
}

/** The read to send in place of `job`: the widest that waits and covers it. All that it covers go with it. */
export function gathered(job: Job): Job {
  const { reads } = job.unit
  if (!job.shareable || reads.length === 1) return job
  const wide = reads.reduce((best, other) => (other.state === 'waiting' && covers(other.request, best.request) ? other : best), job)
  for (const narrow of [...reads]) {
    if (narrow === wide || narrow.state !== 'waiting' || !covers(wide.request, narrow.request)) continue
    for (const waiting of narrow.waiting) join(wide, waiting)
    finish(narrow)
  }
  return wide
}

/** The schedule may still hold it, and passes it by. */
export function finish(job: Job): void {
  job.state = 'over'
  const at = job.unit.reads.indexOf(job)
  if (at !== -1) job.unit.reads.splice(at, 1)
}
