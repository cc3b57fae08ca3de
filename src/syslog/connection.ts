import type { Cancel, Clock, Random } from '../platform/index.ts'
import { RETRY_MS, RETURN_MS } from './limits.ts'
import type { Link, LinkFailure, LinkNotices, OpenLink } from './link.ts'
import type { Receiver, SinkSettings } from './settings.ts'

export type Connected = { readonly link: Link; readonly receiver: Receiver; readonly number: number }

/** Which receiver a sink has, and how it comes back to one. */
export interface Connection {
  /** Resolves with an open link, however long that takes; `closed` when the sink ends first. */
  get(): Promise<Connected | 'closed'>
  /** Messages have arrived: the next pause is a short one. */
  works(): void
  close(): void
}

type Ports = { readonly clock: Clock; readonly random: Random; readonly openLink: OpenLink }
type Told = {
  /** What the link tells, with the number of the connection that it belongs to. */
  readonly notices: (number: number) => LinkNotices
  connected(receiver: Receiver, number: number): void
  failed(receiver: Receiver, failure: LinkFailure): void
}

/** Tries the receivers in their order, again and again, with pauses that grow; while the second one has it, the first is tried now and then. */
export function createConnection(settings: SinkSettings, { clock, random, openLink }: Ports, told: Told): Connection {
  let current: Connected | 'none' = 'none'
  let [number, tries, closed] = [0, 0, false]
  let opening: Promise<Connected | 'closed'> | 'no' = 'no'
  let cancelPause: Cancel = () => undefined
  let cancelReturn: Cancel = () => undefined
  let wake: () => void = () => undefined

  async function attempt(receiver: Receiver): Promise<Connected | LinkFailure> {
    number += 1
    const mine = number
    const notices = told.notices(mine)
    const link = await openLink(settings.transport, receiver, clock, {
      delivered: (upTo) => notices.delivered(upTo),
      ended(failure) {
        if (current !== 'none' && current.number === mine) current = 'none'
        notices.ended(failure)
      },
    })
    return 'kind' in link ? link : { link, receiver, number: mine }
  }

  async function open(): Promise<Connected | 'closed'> {
    while (!closed) {
      for (const receiver of settings.receivers) {
        const result = await attempt(receiver)
        if (closed) {
          if ('link' in result) result.link.close()
          return 'closed'
        }
        if ('link' in result) return take(result)
        told.failed(receiver, result)
      }
      await pause()
    }
    return 'closed'
  }

  function take(connected: Connected): Connected {
    current = connected
    told.connected(connected.receiver, connected.number)
    if (connected.receiver !== settings.receivers[0]) lookForTheFirst()
    return connected
  }

  /** From half to the whole of a time that doubles: many gateways that lost one receiver do not come back as one. */
  function pause(): Promise<void> {
    const whole = Math.min(RETRY_MS.first * 2 ** tries, RETRY_MS.most)
    tries += 1
    const share = (random.bytes(1)[0] ?? 0) / 255
    return new Promise((resolve) => {
      wake = resolve
      cancelPause = clock.after(whole * (0.5 + share / 2), resolve)
    })
  }

  function lookForTheFirst(): void {
    cancelReturn()
    cancelReturn = clock.after(RETURN_MS, () => void tryTheFirst())
  }

  async function tryTheFirst(): Promise<void> {
    const before = current
    if (closed || before === 'none') return
    const result = await attempt(settings.receivers[0])
    if (!('link' in result)) return lookForTheFirst()
    if (closed || current !== before) return result.link.close()
    // What the second one has is settled before the first goes on behind it; what it has not, the first gets again.
    await before.link.settle()
    before.link.close()
    if (!closed) take(result)
    else result.link.close()
  }

  return {
    get() {
      if (current !== 'none') return Promise.resolve(current)
      if (opening === 'no') opening = open().finally(() => void (opening = 'no'))
      return opening
    },
    works: () => void (tries = 0),
    close() {
      closed = true
      cancelPause()
      cancelReturn()
      wake()
      if (current !== 'none') current.link.close()
      current = 'none'
    },
  }
}
