import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PASSWORD, fromDesk, somePeople, withAdmin } from '../support/people.ts'

t.test('users whose file was removed are closed, not empty, and nobody is set up in their place [S-01] [CR 3.4]', async (t) => {
  const some = await withAdmin(t)
  const [file, key] = [join(some.folder, 'people'), join(some.folder, 'people.key')]
  await some.people().login.byPassword('root-admin', PASSWORD, fromDesk())
  const cases: readonly (readonly [name: string, run: () => void, why: RegExp])[] = [
    ['the users', () => rmSync(file), /people is gone: bring it back from a backup/],
    ['the users, a loop of links in their place', () => symlinkSync('people', file), /people does not open .*ELOOP/],
    ['both', () => [file, key].forEach((one) => rmSync(one)), /are gone, though people have logged in here/],
  ]
  for (const [name, run, why] of cases) {
    run()
    some.restart()
    const { state, accounts } = some.people()
    t.match(state, { kind: 'closed', why }, name)
    t.notOk(accounts.needsSetUp(), `${name}: no set-up`)
  }
})

t.test('a fresh folder is open, and stays so over restarts before the first user', (t) => {
  const some = somePeople(t)
  for (const name of ['first', 'second']) {
    t.same(some.people().state, { kind: 'open' }, name)
    t.ok(some.people().accounts.needsSetUp(), name)
    some.restart()
  }
  t.end()
})

t.test('a log-in that cannot be recorded is refused in words, right or wrong, and opens no session [CR 2.10]', async (t) => {
  const some = await withAdmin(t)
  some.world.writes = false
  const right = await some.people().login.byPassword('root-admin', PASSWORD, fromDesk())
  t.match(right, { kind: 'not-recorded', hint: /hung by somebody who is logged in already, or at the breaker itself/ })
  t.same(await some.people().login.byPassword('root-admin', 'not this one', fromDesk()), right, 'the answer tells nothing of the password')
  t.same(some.people().sessions(), [])
  some.world.writes = true
  t.match(await some.people().login.byPassword('root-admin', PASSWORD, fromDesk()), { kind: 'logged-in' })
})

t.test('a log-in of which the file of the users takes nothing opens no session [CR 2.10]', async (t) => {
  const some = await withAdmin(t)
  // The name of the file that is written beside: neither root nor anybody else writes a file there.
  mkdirSync(join(some.folder, 'people.new', 'in-the-way'), { recursive: true })
  t.match(await some.people().login.byPassword('root-admin', PASSWORD, fromDesk()), { kind: 'not-recorded' })
  t.same(some.people().sessions(), [])
})

t.test('each log-in that is refused is an event: of a burst, of too many at a time, of an unknown ticket [CR 2.8]', async (t) => {
  const some = await withAdmin(t)
  const failures = () => some.events.filter(({ id }) => id === 'login-failed').length
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => some.people().login.byPassword('root-admin', 'not this one', fromDesk())),
  )
  t.equal(failures(), answers.length)
  t.ok(answers.every(({ kind }) => kind === 'refused'))
  await some.people().login.byCode('no such ticket', '123456', fromDesk('10.0.0.8'))
  await some.people().login.passkeyOptions('no such ticket', fromDesk('10.0.0.8'))
  t.equal(failures(), answers.length + 2)
})
