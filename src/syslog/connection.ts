import type { Cancel, Clock, Random } from '../platform/index.ts'
import { RETRY_MS, RETURN_MS } from './limits.ts'
import type { Link, LinkFailure, LinkNotices, OpenLink } from './link.ts'
import type { Receiver, SinkSettings } from './settings.ts'

export type Connected = { readonly link: Link; readonly receiver: Receiver; readonly number: number; readonly isOver: () => boolean }

type Ports = { readonly clock: Clock; readonly random: Random; readonly openLink: OpenLink }
type Told = {
  /** What the link tells, with the number of the connection that it belongs to. */
  readonly notices: (number: number) => LinkNotices
  connected(receiver: Receiver, number: number): void
  failed(receiver: Receiver, failure: LinkFailure): void
}

/** Tries the receivers in their order, again and again, with pauses that grow; while the second one has it, the first is tried now and then. */
export class Connection {
  readonly #settings: SinkSettings
  readonly #ports: Ports
  readonly #told: Told
  #current: Connected | 'none' = 'none'
  #opening: Promise<Connected | 'closed'> | 'no' = 'no'
  #number = 0
  #tries = 0
  #closed = false
  #cancelPause: Cancel = () => undefined
  #cancelReturn: Cancel = () => undefined
  #endPause: () => void = () => undefined

  constructor(settings: SinkSettings, ports: Ports, told: Told) {
    this.#settings = settings
    this.#ports = ports
    this.#told = told
  }

  /** Resolves with an open link, however long that takes; `closed` when the sink ends first. */
  get(): Promise<Connected | 'closed'> {
    if (this.#current !== 'none') return Promise.resolve(this.#current)
    if (this.#opening === 'no') this.#opening = this.#open().finally(() => void (this.#opening = 'no'))
    return this.#opening
  }

  /** Messages have arrived: the next pause is a short one. */
  works(): void {
    this.#tries = 0
  }

  close(): void {
    this.#closed = true
    this.#cancelPause()
    this.#cancelReturn()
    this.#endPause()
    if (this.#current !== 'none') this.#current.link.close()
    this.#current = 'none'
  }

  async #open(): Promise<Connected | 'closed'> {
    for (;;) {
      for (const receiver of this.#settings.receivers) {
        if (this.#closed) return 'closed'
        const result = await this.#attempt(receiver)
        if ('link' in result) return this.#take(result)
        this.#told.failed(receiver, result)
      }
      await this.#pause()
    }
  }

  async #attempt(receiver: Receiver): Promise<Connected | LinkFailure> {
    this.#number += 1
    const number = this.#number
    const notices = this.#told.notices(number)
    let over = false
    const link = await this.#ports.openLink(this.#settings.transport, receiver, this.#ports.clock, {
      delivered: (upTo) => notices.delivered(upTo),
      ended: (failure) => {
        over = true
        if (this.#current !== 'none' && this.#current.number === number) this.#current = 'none'
        notices.ended(failure)
      },
    })
    return 'kind' in link ? link : { link, receiver, number, isOver: () => over }
  }

  #take(connected: Connected): Connected | 'closed' {
    if (this.#closed) {
      connected.link.close()
      return 'closed'
    }
    this.#current = connected
    this.#told.connected(connected.receiver, connected.number)
    if (connected.receiver !== this.#settings.receivers[0]) this.#lookForTheFirst()
    return connected
  }

  /** From half to the whole of a time that doubles: many gateways that lost one receiver do not come back as one. */
  #pause(): Promise<void> {
    const whole = Math.min(RETRY_MS.first * 2 ** this.#tries, RETRY_MS.most)
    this.#tries += 1
    const share = (this.#ports.random.bytes(1)[0] ?? 0) / 255
    return new Promise((resolve) => {
      this.#endPause = resolve
      this.#cancelPause = this.#ports.clock.after(whole * (0.5 + share / 2), resolve)
    })
  }

  #lookForTheFirst(): void {
    this.#cancelReturn()
    this.#cancelReturn = this.#ports.clock.after(RETURN_MS, () => void this.#tryTheFirst())
  }

  async #tryTheFirst(): Promise<void> {
    const before = this.#current
    if (this.#closed || before === 'none') return
    const result = await this.#attempt(this.#settings.receivers[0])
    if (!('link' in result)) return this.#lookForTheFirst()
    if (this.#current !== before) return result.link.close()
    // What the second one has is settled before the first goes on behind it; what it has not, the first gets.
    await before.link.settle()
    if (result.isOver()) return this.#lookForTheFirst()
    before.link.close()
    this.#take(result)
  }
}
