import type { LineAddress, Reply, Request } from '../modbus/index.ts'
import { type Clock, type Monotonic, toMonotonic } from '../platform/index.ts'
import type { Cleared } from '../policy/index.ts'
import { timedOutRequest, awaitsLateReply, earliestSend } from './late-replies.ts'
import { type Expiry, createExpiry } from './expiry.ts'
import { windowOf } from './fresh.ts'
import {
  type Asker,
  type Destination,
  type Job,
  type Outcome,
  type Unit,
  type WaitingRequest,
  clientOf,
  createUnits,
  finish,
  gathered,
  join,
  newJob,
  readToJoin,
} from './jobs.ts'
import { LANES_WITH_RESERVE, MAX_QUEUED, UNSETTLED_MS } from './limits.ts'
import type { Exchanged, Line, Notice } from './line.ts'
import { type RequestKey, keyOf } from './request-key.ts'
import { type Priority, type Schedule, createSchedule, priorityOf } from './scheduler.ts'
import { isRepeatable, isShareable, partOf } from './sharing.ts'
import { type BusCounts, type BusFigures, type UnitFigures, createBusCounts, discardOf, unitFigures } from './statistics.ts'
import { type Candidate, admit, answered, failed, probeTimeoutMs, probeNotSent, probing } from './unit-health.ts'

export type BusSettings = {
  /** Reads without a reply are asked again this often, 0–3. Nothing else ever is. */
  readonly readRetries: number
  /** The longest that a request waits for its turn, milliseconds. */
  readonly longestWaitMs: number
}

export interface Bus {
  /** Puts one operation on the line when its turn comes; `stillHolds` is asked once more right before its first byte. */
  perform(cleared: Cleared, to: Destination, asker: Asker): Promise<Outcome>
  figures(): BusFigures
  unitFigures(address: LineAddress): UnitFigures
  close(): Promise<void>
}

export type BusPorts = {
  readonly clock: Clock
  readonly open: (notice: (notice: Notice) => void) => Line
  readonly notice: (notice: Notice) => void
}

/** One schedule before one line: who is next, what is shared, which unit is left alone. An intrusive operation is sent at most once. */
export const createBus = (settings: BusSettings, ports: BusPorts): Bus => new ScheduledBus(settings, ports)

class ScheduledBus implements Bus {
  readonly #settings: BusSettings
  readonly #clock: Clock
  readonly #line: Line
  readonly #schedule: Schedule<Job>
  readonly #unit: ReturnType<typeof createUnits>
  readonly #counts: BusCounts
  readonly #expiry: Expiry
  #waiting = 0
  #inFlight = 0

  constructor(settings: BusSettings, { clock, open, notice }: BusPorts) {
    this.#settings = settings
    this.#clock = clock
    this.#counts = createBusCounts(clock.now())
    this.#expiry = createExpiry(clock, (waiting) => this.#end(waiting, this.#tooLate(waiting)))
    this.#line = open((told) => {
      if (told.kind === 'discarded') this.#unit(told.address).figures.counts[discardOf(told.reason)] += 1
      notice(told)
    })
    this.#unit = createUnits(this.#line.kind)
    this.#schedule = createSchedule(this.#line.quantumMs)
  }

  perform({ operation }: Cleared, to: Destination, asker: Asker): Promise<Outcome> {
    const { request, command } = operation
    const unit = this.#unit(to.address)
    const priority = priorityOf(operation)
    const shareable = priority === 'read' && isShareable(request)
    const known = shareable ? this.#remembered(unit, to, request) : 'none'
    if (known !== 'none') return Promise.resolve(this.#answered(known, this.#clock.now()))
    // A control operation always finds a place: reads alone cannot keep it out.
    if (this.#waiting >= (priority === 'control' ? 2 * MAX_QUEUED : MAX_QUEUED)) return Promise.resolve({ kind: 'busy' })
    return new Promise((end) => {
      const now = this.#clock.now()
      const until = toMonotonic(now + this.#settings.longestWaitMs)
      const client = clientOf(asker.subject)
      const waiting: WaitingRequest = { request, client, asker, until, end, job: 'none', asked: false, over: false }
      this.#waiting += 1
      const shared = shareable ? readToJoin(unit, request) : undefined
      if (shared !== undefined) {
        join(shared, waiting)
        if (shared.state === 'waiting') this.#expiry.watch(waiting)
      } else {
        const job = newJob({ to, unit, priority, client, shareable, changes: priority !== 'read' || command !== 'none', request }, waiting)
        if (this.#inFlight < this.#lanesFor(priority) && this.#schedule.isEmpty()) this.#send(job, now)
        else {
          this.#queue(job)
          if (priority === 'control') this.#work(now) // its place may be free while reads wait
        }
      }
    })
  }

  figures(): BusFigures {
    return this.#counts.figures(this.#waiting, this.#inFlight, this.#clock.now())
  }

  unitFigures(address: LineAddress): UnitFigures {
    const { figures, health } = this.#unit(address)
    return unitFigures(figures, health.kind, this.#clock.now())
  }

  close(): Promise<void> {
    this.#expiry.close()
    return this.#line.close()
  }

  #remembered(unit: Unit, { refresh }: Destination, request: Request): Reply | 'none' {
    const windowMs = windowOf(request, refresh)
    return windowMs === 0 || unit.health.kind === 'silent' ? 'none' : unit.fresh.find(request, windowMs, this.#clock.now())
  }

  #queue(job: Job): void {
    this.#schedule.add(job.priority, job.client, job)
    for (const waiting of job.waiting) this.#expiry.watch(waiting)
  }

  /** Requests that may be on their way at a time: a control operation finds a place that no other request takes. */
  #lanesFor(priority: Priority): number {
    const { lanes } = this.#line
    return priority === 'control' || lanes < LANES_WITH_RESERVE ? lanes : lanes - 1
  }

  /** Fills the line's lanes with what is next. */
  #work(now: Monotonic): void {
    while (this.#inFlight < this.#line.lanes) {
      const next = this.#schedule.next(this.#inFlight < this.#lanesFor('read') ? 'all' : 'control-only')
      if (next === 'empty') return
      if (next.state !== 'waiting') continue // it went out with a wider read, or was refused
      const job = gathered(next)
      this.#prune(job, now)
      if (job.waiting.length === 0) finish(job)
      else this.#send(job, now)
    }
  }

  /** Ends for whom a job is not worth its time on the line any more. */
  #prune(job: Job, now: Monotonic): void {
    job.waiting = job.waiting.filter((waiting) => {
      if (!waiting.over && !waiting.asker.stillConnected()) this.#end(waiting, { kind: 'expired', why: 'its client has gone' })
      else if (now >= waiting.until) this.#end(waiting, this.#tooLate(waiting))
      return !waiting.over
    })
  }

  /** One that was asked and waits to be asked again has met a silent device, not a busy bus: clients stop asking for what is busy. */
  #tooLate({ asked }: WaitingRequest): Outcome {
    const ms = this.#settings.longestWaitMs
    return asked
      ? { kind: 'no-reply', cause: 'silence', why: `no valid reply, and no time to ask again within ${ms} ms` }
      : { kind: 'expired', why: `it waited ${ms} ms for its turn` }
  }

  #send(job: Job, now: Monotonic): void {
    const { unit, to, priority, client, request } = job
    const key = keyOfJob(job)
    const { health, requests } = unit
    // A unit that is silent is asked as a whole; while it answers others, only what it does not answer is left alone.
    if (health.kind === 'answering' && !job.changes && requests.isPaused(key, now)) {
      this.#askAlone(job, now)
      return this.#refuse(job, 'request', now)
    }
    const admitted = admit(health, candidateOf(job, key), now)
    if (admitted === 'refuse') return this.#refuse(job, 'unit', now)
    const mayGo = unit.timedOut.length === 0 ? now : earliestSend(request, unit.timedOut, now)
    if (mayGo > now) return this.#park(job, mayGo - now)
    // A command that only reads must not put off the control that waits for the end of its late reply.
    if (job.changes && priority !== 'control' && unit.parkedControl > 0) return void unit.held.push(job)
    // A person waits for a control operation: it gets the whole time of its device. So does everything where no line is held.
    const inShort = admitted === 'probe' && priority === 'read' && this.#line.kind === 'serial'
    const replyTimeoutMs = inShort ? probeTimeoutMs(health, unit.figures.times.percentileMs(99), to.replyTimeoutMs) : to.replyTimeoutMs
    // Two operations on their way to one breaker could overtake each other on two connections: an open, the close before it.
    if (job.changes && unit.operating) return void unit.held.push(job)
    if (admitted === 'probe') unit.health = probing(health, priority, now)
    if (job.changes) {
      operate(unit, now)
      unit.operating = true
    }
    job.state = 'sent'
    job.sentAfter = unit.operations
    const costMs = this.#line.costMs(request)
    this.#schedule.charge(priority, client, costMs)
    this.#counts.busy(this.#inFlight, now)
    this.#inFlight += 1
    // The line may wait for its silence, and a process may be stopped meanwhile: what a late reply could answer counts from the first byte.
    let sentAt = now
    const stillHolds = (): boolean => {
      sentAt = this.#clock.now()
      job.waiting = job.waiting.filter((waiting) => {
        // The line may have kept it: an operation is never sent later than anybody waits for it.
        if (!waiting.asked && sentAt >= waiting.until) this.#end(waiting, this.#tooLate(waiting))
        else if (!waiting.over && !waiting.asker.stillHolds()) this.#end(waiting, { kind: 'withdrawn' })
        waiting.asked ||= !waiting.over
        return !waiting.over
      })
      return job.waiting.length > 0
    }
    const target = { address: to.address, replyTimeoutMs, urgent: priority === 'control' }
    this.#line.exchange(target, request, stillHolds, (exchanged) => {
      const ended = this.#clock.now()
      this.#counts.busy(this.#inFlight, ended)
      this.#inFlight -= 1
      // What it really cost: on one line a time-out has kept all others waiting. On many lanes it has not.
      if (this.#line.lanes === 1) this.#schedule.charge(priority, client, ended - now - costMs)
      this.#finished(job, exchanged, sentAt, ended)
      if (job.changes) this.#sendHeld(job.unit, ended)
      this.#work(ended)
    })
  }

  /** The operation that was on its way has ended: the next one to the same breaker goes, control before settings. */
  #sendHeld(unit: Unit, now: Monotonic): void {
    unit.operating = false
    while (mayOperate(unit)) {
      const at = Math.max(
        0,
        unit.held.findIndex(({ priority }) => priority === 'control'),
      )
      const [next] = unit.held.splice(at, 1)
      if (next === undefined) return
      this.#prune(next, now)
      if (next.waiting.length === 0) finish(next)
      else this.#send(next, now)
    }
  }

  #finished(job: Job, exchanged: Exchanged, sentAt: Monotonic, now: Monotonic): void {
    const { unit, to } = job
    const { counts, times, busyMs } = unit.figures
    const tookMs = now - sentAt
    const isOld = job.sentAfter !== unit.operations
    if (job.changes) operate(unit, toMonotonic(now + UNSETTLED_MS))
    const toldNothing = exchanged.kind !== 'reply' && !(exchanged.kind === 'no-reply' && exchanged.cause === 'silence')
    if (toldNothing) unit.health = probeNotSent(unit.health, job.priority) // a lost port says nothing of the unit
    if (exchanged.kind !== 'unreachable' && exchanged.kind !== 'withdrawn') {
      counts.transactions += 1
      busyMs.add(tookMs, now)
      this.#counts.sent(now)
    }
    const mayBeLate = exchanged.kind === 'no-reply' ? exchanged.cause === 'silence' : awaitsLateReply(job.request, unit.timedOut, now)
    if (this.#line.kind === 'serial' && mayBeLate) {
      const sentUntil = sentAt + this.#line.costMs(job.request)
      unit.timedOut = [...unit.timedOut.filter(({ until }) => until > now), timedOutRequest(job.request, sentUntil, to.replyTimeoutMs)]
    }
    if (exchanged.kind === 'reply') {
      if (unit.health.kind === 'silent') unit.requests.forget()
      unit.requests.answered(keyOfJob(job))
      unit.health = answered(now)
      counts.replies += 1
      if (exchanged.reply.kind === 'exception') counts.exceptions += 1
      times.record(tookMs)
      if (to.refresh.length > 0 && job.shareable && !isOld) unit.fresh.keep(job.request, exchanged.reply, sentAt)
    }
    if (exchanged.kind === 'no-reply' && exchanged.cause === 'silence') {
      counts.timeouts += 1
      this.#unanswered(job, sentAt, now)
    }
    if (exchanged.kind === 'no-reply' && exchanged.cause === 'silence') this.#askAlone(job, now)
    if (exchanged.kind === 'no-reply' && this.#asksAgain(job, exchanged.cause, now)) return
    finish(job)
    this.#deliver(job, exchanged, now)
    if (unit.health.kind === 'answering') return
    for (const other of [...unit.reads]) {
      if (other.state !== 'waiting' || admit(unit.health, candidateOf(other, keyOfJob(other)), now) !== 'refuse') continue
      this.#refuse(other, 'unit', now)
    }
  }

  #unanswered(job: Job, sentAt: Monotonic, now: Monotonic): void {
    const { unit } = job
    const key = keyOfJob(job)
    const answeredBefore = unit.requests.wasAnswered(key)
    if (unit.health.kind === 'answering' && !job.changes) unit.requests.unanswered(key, now - sentAt, now)
    unit.health = failed(unit.health, { key, kind: job.priority, answeredBefore, sentAt, costMs: now - sentAt }, this.#line.kind, now)
  }

  /**
   * A read without a reply goes into the schedule once more: others come first, since its client has had its share. One whose connection the
   * interface has ended is asked again in any case, on the next connection.
   */
  #asksAgain(job: Job, cause: 'silence' | 'lost' | 'ended', now: Monotonic): boolean {
    const { unit, request, tries } = job
    if (job.changes || !isRepeatable(request) || cause === 'lost') return false
    if (cause === 'silence' && (unit.health.kind === 'silent' || unit.requests.isUnanswered(keyOfJob(job)))) return false
    if (tries >= Math.max(this.#settings.readRetries, cause === 'ended' ? 1 : 0)) return false
    this.#prune(job, now)
    if (job.waiting.length === 0) return false
    job.unit.figures.counts.retries += 1
    job.tries += 1
    job.state = 'waiting'
    this.#queue(job)
    return true
  }

  #deliver(job: Job, exchanged: Exchanged, now: Monotonic): void {
    for (const waiting of job.waiting) {
      const part = exchanged.kind === 'reply' ? partOf(job.request, exchanged.reply, waiting.request) : 'none'
      if (part === 'none') this.#end(waiting, exchanged)
      else if (part !== 'ask-alone') this.#end(waiting, this.#answered(part, now))
      else if (!waiting.over) this.#queueAlone(job, waiting)
    }
  }

  #queueAlone({ to, unit }: Job, waiting: WaitingRequest): void {
    const { client, request } = waiting
    waiting.asked = false // its own request was not
    this.#queue(newJob({ to, unit, priority: 'read', client, shareable: false, changes: false, request }, waiting))
  }

  /** A wider read was left without a reply, or is paused for that: what joined it may be answered by itself. */
  #askAlone(job: Job, now: Monotonic): void {
    if (!job.shareable || job.unit.health.kind === 'silent') return
    const key = keyOfJob(job)
    const others = job.waiting.filter((waiting) => !waiting.over && keyOf(waiting.request) !== key)
    if (others.length === 0) return
    job.waiting = job.waiting.filter((waiting) => !others.includes(waiting))
    for (const waiting of others) {
      if (now >= waiting.until) this.#end(waiting, this.#tooLate(waiting))
      else this.#queueAlone(job, waiting)
    }
  }

  /** Back into the schedule later: until then a late reply to another request could be taken for this one's. */
  #park(job: Job, ms: number): void {
    const isControl = job.priority === 'control'
    for (const waiting of job.waiting) {
      // It is certain when control goes: it is not given up for the wait that this bus puts on it.
      if (isControl) waiting.until = toMonotonic(Math.max(waiting.until, this.#clock.now() + ms + this.#settings.longestWaitMs))
      this.#expiry.watch(waiting)
    }
    if (isControl) job.unit.parkedControl += 1
    this.#clock.after(ms, () => {
      if (isControl) job.unit.parkedControl -= 1
      const released = job.unit.parkedControl === 0 ? job.unit.held.splice(0) : []
      for (const one of [job, ...released]) this.#schedule.add(one.priority, one.client, one)
      this.#work(this.#clock.now())
    })
  }

  #refuse(job: Job, whose: 'unit' | 'request', now: Monotonic): void {
    finish(job)
    const { health, figures } = job.unit
    // In whole milliseconds: what is said of one silence in two events is the same instant.
    const sinceUtcUs = Math.round(this.#clock.utcUs() / 1000 - (health.kind === 'silent' ? now - health.since : 0)) * 1000
    for (const waiting of job.waiting) {
      if (!waiting.over) figures.counts.backedOff += 1
      this.#end(waiting, { kind: 'backed-off', silence: whose === 'unit' ? { of: 'unit', sinceUtcUs } : { of: 'request' } })
    }
  }

  #end(waiting: WaitingRequest, outcome: Outcome): void {
    if (waiting.over) return
    waiting.over = true
    this.#waiting -= 1
    waiting.end(outcome)
  }

  #answered(reply: Reply, now: Monotonic): Outcome {
    this.#counts.answered(now)
    return { kind: 'reply', reply }
  }
}

/** A function, since sending changes it: the compiler would take it for known within a loop. */
const mayOperate = (unit: Unit): boolean => !unit.operating

/** Operations are not told apart: their bytes may hold a password, and none of them is ever asked again. */
const keyOfJob = (job: Job): RequestKey => (job.changes ? 'operation' : keyOf(job.request))

function candidateOf({ priority, unit }: Job, key: RequestKey): Candidate {
  return { kind: priority, mayTell: unit.requests.wasAnswered(key) || !unit.requests.hasAnswered() }
}

/** An intrusive operation was sent, or has ended: answers from before tell nothing any more. */
function operate(unit: Unit, freshFrom: Monotonic): void {
  unit.operations += 1
  unit.fresh.forget(freshFrom)
}
