import t from 'tap'
import { rows } from '../support/cases.ts'
import { type AccessEntry, type AccessLevel, checkRange, compileAcl, levelAt, levelsOf } from '../../src/policy/index.ts'

const entry = (from: string, level: AccessLevel, breakers: readonly string[] | 'all' = 'all'): AccessEntry => ({
  from,
  level,
  breakers,
  line: 1,
})

t.test('the most exact entry wins, and what no entry covers is not listed [S-34]', (t) => {
  const acl = compileAcl([
    entry('10.0.0.0/8', 'read'),
    entry('10.20.0.16/28', 'control'),
    entry('10.20.0.17', 'none'),
    entry('::/0', 'none'),
    entry('2001:db8:20::/64', 'control'),
  ])
  const table: readonly (readonly [string, string])[] = [
    ['10.1.2.3', 'read'],
    ['10.20.0.18', 'control'],
    ['10.20.0.17', 'none'],
    ['::ffff:10.20.0.18', 'control'],
    ['2001:db8:20::7', 'control'],
    ['2001:db8:21::7', 'none'],
  ]
  for (const [address, level] of table) t.match(acl(address), { usual: { level } }, address)
  t.equal(compileAcl([entry('10.0.0.0/8', 'read')])('11.0.0.1'), 'not-listed')
  t.equal(acl('not an address'), 'not-listed')
  t.end()
})

t.test('an entry may be for some breakers only; for the others the next entry decides [S-34] [S-04]', (t) => {
  const acl = compileAcl([
    entry('10.20.0.0/16', 'read'),
    entry('10.20.0.17', 'control', ['Q1', 'Q2']),
    entry('10.20.0.0/24', 'none', ['Q2']),
    entry('10.30.0.5', 'read', ['Q9']),
    entry('10.20.0.18', 'control'),
    entry('10.20.0.18', 'none', ['Q9']),
  ])
  const table = `
    address        breaker  | level
    10.20.0.17     Q1       | control
    10.20.0.17     Q2       | control   # the more exact of two that name it
    10.20.0.17     Q3       | read
    10.20.0.9      Q2       | none
    10.20.0.9      Q1       | read
    10.30.0.5      Q9       | read
    10.30.0.5      Q1       | none      # listed for one breaker only
    10.20.0.18     Q9       | none      # of two equally exact ones the one that names it
    10.20.0.18     Q1       | control
    ::ffff:a14:11  Q1       | control
  `
  for (const { cells, expected, text } of rows(table)) {
    const access = acl(cells[0] ?? '')
    if (access === 'not-listed') t.fail(text)
    else t.equal(levelAt(levelsOf(access, { kind: 'none' }), cells[1] ?? ''), expected, text)
    if (access !== 'not-listed')
      t.not(levelAt(levelsOf(access, { kind: 'clear-text' }), cells[1] ?? ''), 'control', 'never above what else allows')
  }
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
