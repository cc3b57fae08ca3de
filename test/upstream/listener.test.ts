import t from 'tap'
import { realRandom } from '../../src/platform/index.ts'
import { compileAcl, toRole } from '../../src/policy/index.ts'
import { createAdmission } from '../../src/upstream/index.ts'
import { CLEAR_TEXT_REMINDER_MS } from '../../src/upstream/limits.ts'
import { startListener } from '../../src/upstream/listener.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'

t.test('a listener in the clear says so at its start and each day that it is open [S-02]', async (t) => {
  const clock = virtualClock()
  const told: string[] = []
  const listener = await startListener(
    {
      name: 'old-hmi',
      host: '127.0.0.1',
      port: 0,
      inFlight: 12,
      limits: { connections: 1, connectionsPerAddress: 1, handshakesPerSecond: 1, idleMs: 1000 },
      security: { kind: 'clear-text', role: toRole('Viewer') ?? toRole('x') ?? never() },
    },
    'none',
    { acl: compileAcl([]), judge: never, rightsOf: () => '', standingOfRole: () => ({ kind: 'known' }), operates: () => true },
    {
      clock,
      random: realRandom,
      admission: createAdmission(),
      serve: never,
      left: () => undefined,
      report: (id) => void told.push(id),
    },
  )
  t.same(told, ['plaintext-listener-on'])
  clock.advance(CLEAR_TEXT_REMINDER_MS - 1)
  t.equal(told.length, 1)
  clock.advance(1)
  t.same(told, ['plaintext-listener-on', 'plaintext-listener-on'])
  await listener.close()
  clock.advance(10 * CLEAR_TEXT_REMINDER_MS)
  t.equal(told.length, 2, 'and not when it is closed')
})

function never(): never {
  throw new Error('nobody comes in this test')
}
