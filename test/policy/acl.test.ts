import t from 'tap'
import { checkRange, compileAcl } from '../../src/policy/index.ts'

t.test('the most exact entry wins, and what no entry covers is not listed [S-34]', (t) => {
  const acl = compileAcl([
    { from: '10.0.0.0/8', level: 'read' },
    { from: '10.20.0.16/28', level: 'control' },
    { from: '10.20.0.17', level: 'none' },
    { from: '::/0', level: 'none' },
    { from: '2001:db8:20::/64', level: 'control' },
  ])
  const table: readonly (readonly [string, string])[] = [
    ['10.1.2.3', 'read'],
    ['10.20.0.18', 'control'],
    ['10.20.0.17', 'none'],
    ['::ffff:10.20.0.18', 'control'],
    ['2001:db8:20::7', 'control'],
    ['2001:db8:21::7', 'none'],
  ]
  for (const [address, level] of table) t.match(acl(address), { level }, address)
  t.equal(compileAcl([{ from: '10.0.0.0/8', level: 'read' }])('11.0.0.1'), 'not-listed')
  t.equal(acl('not an address'), 'not-listed')
  t.end()
})

t.test('a range that says two things is refused', (t) => {
  for (const good of ['10.1.2.0/24', '10.1.2.3', '0.0.0.0/0', '2001:db8::/32', '::1', '::ffff:10.0.0.0/104'])
    t.equal(checkRange(good), 'fine', good)
  for (const bad of [
    '10.1.2.300/24',
    '10.1.2.3/24',
    '010.0.0.1',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '2001:db8::1/64',
    '0x7f.1',
    '',
  ]) {
    t.not(checkRange(bad), 'fine', bad)
  }
  t.end()
})
