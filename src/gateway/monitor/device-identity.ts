import type { BreakerSettings } from '../../config/index.ts'
import { event } from '../../events/index.ts'
import type { Journal } from '../../journal/index.ts'
import { matchReply } from '../../modbus/index.ts'
import { type Cancel, type Clock, background } from '../../platform/index.ts'
import { serve } from '../request/serve.ts'
import { type RequestPorts, askedByGateway } from '../request-ports.ts'

/** When each device is asked who it is for the first time, and how often after that, milliseconds. */
const ASK_MS = { first: 30_000, every: 60 * 60_000 } as const
/** A device tells its objects in so many replies, at most. */
const MOST_REPLIES = 8
const KEY = 'identity/'

/**
 * Whether it is still the same device that answers at an address: by what it says of itself (FC 43/14, basic identification: vendor,
 * product, revision; V1.1b3, 6.21). A device that does not know the function is not asked again in this run.
 */
export async function watchDeviceIdentities(
  ports: RequestPorts,
  breakers: readonly BreakerSettings[],
  { journal, clock }: { readonly journal: Pick<Journal, 'note' | 'states' | 'putState'>; readonly clock: Clock },
): Promise<Cancel> {
  const known = new Map([...(await journal.states(KEY))].map(([key, text]) => [key.slice(KEY.length), text]))
  const mute = new Set<string>()

  async function look(breaker: BreakerSettings): Promise<void> {
    const answer = await identityOf(breaker.unit, ports)
    if (answer === 'not-told') return void mute.add(breaker.name)
    if (answer === 'no-answer') return
    const { told } = answer
    const before = known.get(breaker.name)
    if (told === before) return
    known.set(breaker.name, told)
    const state = { [KEY + breaker.name]: told }
    if (before === undefined) {
      // Where it cannot be written, it is learned again after a restart.
      await journal.putState(KEY + breaker.name, told)
      return
    }
    const { name, bus, unit } = breaker
    journal.note(event('device-identity-changed', { breaker: name, bus, unit, old: before, new: told }), state)
  }

  let [cancel, closed]: [Cancel, boolean] = [() => undefined, false]
  const round = async (): Promise<void> => {
    for (const breaker of breakers) if (!closed && !mute.has(breaker.name)) await look(breaker)
  }
  const again = (): void => {
    const asked = round().finally(() => {
      if (!closed) cancel = clock.after(ASK_MS.every, again)
    })
    background(asked)
  }
  cancel = clock.after(ASK_MS.first, again)
  return () => {
    closed = true
    cancel()
  }
}

async function identityOf(unit: number, ports: RequestPorts): Promise<{ readonly told: string } | 'no-answer' | 'not-told'> {
  const told = new Map<number, string>()
  for (let [objectId, replies] = [0, 0]; replies < MOST_REPLIES; replies++) {
    const request = { kind: 'read-device-identification', code: 1, objectId } as const
    const { pdu } = await serve(askedByGateway(unit, request), ports)
    if (pdu === 'none') return 'no-answer'
    const reply = matchReply(request, pdu)
    // 0A and 0B are the gateway's own, 05 and 06 pass: only what the device itself refuses is its last word.
    if (reply.kind === 'exception') return reply.code <= 4 ? 'not-told' : 'no-answer'
    if (reply.kind !== 'device-identification') return 'no-answer'
    for (const { id, value } of reply.objects) told.set(id, Buffer.from(value).toString('latin1').trim())
    if (!reply.moreFollows) break
    objectId = reply.nextObjectId
  }
  const texts = [...told].sort(([a], [b]) => a - b).map(([, text]) => text)
  return { told: texts.join(', ') }
}
