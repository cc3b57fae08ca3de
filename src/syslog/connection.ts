import { type Cancel, type Clock, type Random, background } from '../platform/index.ts'
import { RETRY_MS, RETURN_MS, STEADY_MS } from './limits.ts'
import type { Link, LinkEnd, LinkFailure, OpenLink } from './link.ts'
import { deliverOne } from './one-message.ts'
import type { Receiver, SinkSettings } from './settings.ts'

export type Connected = { readonly link: Link; readonly number: number }

type Ports = {
  readonly clock: Clock
  readonly random: Random
  readonly openLink: OpenLink
  /** The message that was sent last, to try another receiver with; empty when none was sent yet. */
  readonly lastMessage: () => string
}
type Told = {
  /** A connection is open. Nothing is confirmed by that. */
  opened(receiver: Receiver, number: number): void
  /** The receiver has confirmed messages up to this one of the present connection. */
  delivered(receiver: Receiver, upTo: number): void
  /** A receiver has confirmed a message on a connection of its own, and gets the next ones. */
  returned(receiver: Receiver): void
  failed(receiver: Receiver, failure: LinkFailure): void
  /** The present connection is over. `rests`: another is needed only when there is something to send. */
  over(next: 'goes-on' | 'rests'): void
}
type Opened = Connected & {
  readonly receiver: Receiver
  readonly index: number
  readonly openedMs: number
  readonly endedHow: () => LinkEnd | 'not-yet'
}
/** The time since which one receiver has had the sink without a failure, over several connections. */
type Run = { readonly index: number; readonly sinceMs: number; confirmed: number; idleEnds: number }

/**
 * Tries the receivers in their order. A connection that confirmed nothing is a failed try, wherever it broke: the next receiver has its
 * turn, and after the last one comes a pause that doubles until something is confirmed. While the second receiver delivers, the first is
 * tried now and then, with one message on a connection of its own: only its confirmation takes the events away from the second.
 */
export class Connection {
  readonly #settings: SinkSettings
  readonly #ports: Ports
  readonly #told: Told
  readonly #closing: Promise<'closed'>
  #current: Opened | 'none' = 'none'
  #opening: Promise<Connected | 'closed'> | 'no' = 'no'
  #number = 0
  /** Index of the receiver whose turn it is; the number of receivers: a pause is due. */
  #turn = 0
  #rounds = 0
  #run: Run | 'none' = 'none'
  #closed = false
  #endClosing: () => void = () => undefined
  #cancelPause: Cancel = () => undefined
  #cancelReturn: Cancel = () => undefined

  constructor(settings: SinkSettings, ports: Ports, told: Told) {
    this.#settings = settings
    this.#ports = ports
    this.#told = told
    this.#closing = new Promise((resolve) => (this.#endClosing = () => resolve('closed')))
  }

  /** Resolves with an open link, however long that takes; `closed` when the sink ends first. */
  get(): Promise<Connected | 'closed'> {
    if (this.#current !== 'none') return Promise.resolve(this.#current)
    if (this.#opening === 'no') this.#opening = this.#open().finally(() => void (this.#opening = 'no'))
    return Promise.race([this.#opening, this.#closing])
  }

  /** Messages that may be without confirmation: one at first, more with each that is confirmed, so that little is sent in vain. */
  allowance(): number {
    return this.#run === 'none' ? 1 : 1 + 3 * this.#run.confirmed
  }

  close(): void {
    this.#closed = true
    this.#cancelPause()
    this.#cancelReturn()
    this.#endClosing()
    if (this.#current !== 'none') this.#current.link.close()
    this.#current = 'none'
  }

  async #open(): Promise<Connected | 'closed'> {
    while (!this.#closed) {
      const receiver = this.#settings.receivers[this.#turn]
      if (receiver === undefined) {
        this.#turn = 0
        await this.#pause()
        continue
      }
      const index = this.#turn
      const result = await this.#attempt(receiver, index)
      if ('link' in result) return this.#take(result)
      if (!this.#isClosed()) this.#fail(receiver, index, result)
    }
    return 'closed'
  }

  async #attempt(receiver: Receiver, index: number): Promise<Opened | LinkFailure> {
    this.#number += 1
    const number = this.#number
    let end: LinkEnd | 'not-yet' = 'not-yet'
    let confirmed = 0
    const link = await this.#ports.openLink(this.#settings.transport, receiver, this.#ports.clock, {
      delivered: (upTo) => {
        const more = upTo - confirmed
        confirmed = upTo
        if (this.#isCurrent(number)) this.#confirmed(receiver, more, upTo)
      },
      ended: (how) => {
        end = how
        if (this.#isCurrent(number)) this.#ended(how)
      },
    })
    return 'kind' in link ? link : { link, receiver, index, number, openedMs: this.#ports.clock.now(), endedHow: () => end }
  }

  #isCurrent(number: number): boolean {
    return this.#current !== 'none' && this.#current.number === number
  }
  /** As a call: it changes while this side waits. */
  #isClosed(): boolean {
    return this.#closed
  }

  #take(opened: Opened): Connected | 'closed' {
    if (this.#closed) {
      opened.link.close()
      return 'closed'
    }
    this.#current = opened
    if (this.#run === 'none' || this.#run.index !== opened.index) {
      this.#run = { index: opened.index, sinceMs: opened.openedMs, confirmed: 0, idleEnds: 0 }
      this.#cancelReturn()
      if (opened.index > 0) this.#lookForTheFirst()
    }
    this.#told.opened(opened.receiver, opened.number)
    const end = opened.endedHow()
    if (end !== 'not-yet') this.#ended(end)
    return opened
  }

  #confirmed(receiver: Receiver, more: number, upTo: number): void {
    if (this.#run !== 'none' && more > 0) {
      this.#run.confirmed += more
      this.#run.idleEnds = 0
      this.#rounds = 0
    }
    this.#told.delivered(receiver, upTo)
  }

  #ended(how: LinkEnd): void {
    const before = this.#current
    if (before === 'none') return
    this.#current = 'none'
    switch (how.kind) {
      case 'all-confirmed':
        return this.#told.over('goes-on')
      case 'ended-idle':
        if (this.#isUsual(before)) return this.#told.over('rests')
        this.#fail(before.receiver, before.index, how.as)
        return this.#told.over('goes-on')
      case 'failed':
        this.#fail(before.receiver, before.index, how)
        return this.#told.over('goes-on')
    }
  }

  /** Some receivers end connections that are idle. One that ends them before anything can be sent is a failure. */
  #isUsual(before: Opened): boolean {
    if (this.#run === 'none') return false
    this.#run.idleEnds += 1
    if (this.#ports.clock.now() - before.openedMs >= STEADY_MS) return true
    return this.#run.confirmed > 0 && this.#run.idleEnds === 1
  }

  /** The turn goes to the next receiver; after a time in which all was well, to the first one again. */
  #fail(receiver: Receiver, index: number, failure: LinkFailure): void {
    const run = this.#run
    const ofThisRun = run !== 'none' && run.index === index
    const steady = ofThisRun && run.confirmed > 0 && this.#ports.clock.now() - run.sinceMs >= STEADY_MS
    if (steady) this.#turn = 0
    else if (index === this.#turn) this.#turn += 1
    if (ofThisRun) {
      this.#run = 'none'
      this.#cancelReturn()
    }
    this.#told.failed(receiver, failure)
  }

  /** From half to the whole of a time that doubles: many gateways that lost one receiver do not come back as one. */
  #pause(): Promise<unknown> {
    const whole = Math.min(RETRY_MS.first * 2 ** this.#rounds, RETRY_MS.most)
    this.#rounds += 1
    const share = (this.#ports.random.bytes(1)[0] ?? 0) / 255
    const paused = new Promise<void>((resolve) => {
      this.#cancelPause = this.#ports.clock.after(whole * (0.5 + share / 2), resolve)
    })
    return Promise.race([paused, this.#closing])
  }

  #lookForTheFirst(): void {
    this.#cancelReturn()
    this.#cancelReturn = this.#ports.clock.after(RETURN_MS, () => background(this.#tryTheFirst()))
  }

  async #tryTheFirst(): Promise<void> {
    const [first] = this.#settings.receivers
    const message = this.#ports.lastMessage()
    const { openLink, clock } = this.#ports
    const tried = message === '' ? 'nothing-to-send' : await deliverOne(openLink, this.#settings.transport, first, message, clock)
    if (this.#closed || this.#run === 'none' || this.#run.index === 0) return
    if (tried !== 'delivered') return this.#lookForTheFirst()
    this.#turn = 0
    this.#run = { index: 0, sinceMs: clock.now(), confirmed: 1, idleEnds: 0 }
    const before = this.#current
    // What the second one has is settled before the first goes on behind it; what it has not, the first gets.
    if (before !== 'none') await before.link.settle()
    this.#told.returned(first)
    if (before === 'none' || !this.#isCurrent(before.number)) return
    this.#current = 'none'
    before.link.close()
    this.#told.over('goes-on')
  }
}
