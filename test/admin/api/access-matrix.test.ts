import t from 'tap'
import { matrixOf, matrixView } from '../../../src/admin/api/routes/access.ts'
import { shippedSite } from '../../support/access-matrix.ts'

t.test('the access matrix of a large site lets what else has come have its turn after each breaker, and is made once', async (t) => {
  const { rights, breakers } = shippedSite()
  const [first] = breakers
  if (first === undefined) throw new Error('the shipped site has a breaker')
  const site = { rights, breakers: Array.from({ length: 20 }, (_, i) => ({ ...first, name: `B${i}` })) }
  let [turns, made] = [0, false]
  const others = (): void => {
    turns += 1
    if (!made) setImmediate(others)
  }
  setImmediate(others)
  const matrix = await matrixOf(site)
  made = true
  t.ok(turns >= 19, `${turns} turns of others`)
  t.same(matrix, matrixView(site))
  t.equal(matrixOf(site), matrixOf(site))
})
