import t from 'tap'
import { MAX_FIRST_STEPS, createEmergency } from '../../../src/gateway/request/emergency-open.ts'
import { realRandom } from '../../../src/platform/index.ts'
import { toRecordId } from '../../../src/events/index.ts'
import { virtualClock } from '../../../hil/sim/virtual-clock.ts'
import { profileOf } from '../../support/requests.ts'

t.test('whoever asks again and again takes no other person’s emergency away; its own oldest step is forgotten', async (t) => {
  const clock = virtualClock()
  const emergency = createEmergency({
    clock,
    random: realRandom,
    enabled: () => true,
    breakers: new Map([['Q1', { profile: profileOf('nsx-bscm'), unit: 1 }]]),
    serve: () => Promise.resolve({ pdu: Uint8Array.from([16, 0x1f, 0x3f, 0, 20]) }),
    journal: { append: () => Promise.resolve(toRecordId(1)), keep: () => Promise.resolve(toRecordId(1)) },
  })
  const ask = (name: string): string => {
    const asked = emergency.ask('Q1', { name, source: 'here' }, 'smoke')
    return asked.kind === 'asked' ? asked.ticket : asked.kind
  }
  const confirm = (name: string, ticket: string) => emergency.confirm(ticket, { name, source: 'here' })
  const ana = ask('ana')
  const bens = Array.from({ length: 100 }, () => ask('ben'))
  t.same(await confirm('ana', ana), { kind: 'sent' })
  t.same(await confirm('ben', bens.at(-MAX_FIRST_STEPS) ?? ''), { kind: 'sent' })
  t.same(await confirm('ben', bens.at(-MAX_FIRST_STEPS - 1) ?? ''), { kind: 'refused', why: 'not-confirmed' })
})
