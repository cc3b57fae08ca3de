import t from 'tap'
import { describeUnsent } from '../../../src/gateway/request/unsent-reason.ts'

t.test('a refusal says whose silence it is, and since when', (t) => {
  const sinceUtcUs = Date.UTC(2026, 10, 28, 6, 0, 0) * 1000
  t.equal(describeUnsent({ of: 'unit', sinceUtcUs }), 'has not answered since 2026-11-28T06:00:00.000000Z')
  t.match(describeUnsent({ of: 'request' }), /this request .* answers others/)
  t.end()
})
