import t from 'tap'
import { PASSWORD, by, fromDesk, withAdmin, withUser } from '../support/people.ts'

t.test('a reset makes room for no old password and no old PIN [S-16] [S-24] [CR 1.7]', async (t) => {
  const some = await withAdmin(t, { passwordHistory: 1 })
  await withUser(some, 'ben', 'Operator')
  const { accounts, login } = some.people()
  const enter = async (password: string) => {
    const done = await login.byPassword('ben', password, fromDesk())
    if (done.kind !== 'logged-in') throw new Error(done.kind)
    return done.session
  }
  const reset = async (): Promise<string> => {
    const made = await accounts.reset('ben', by)
    if (made.kind === 'refused') throw new Error(made.why)
    return made.password
  }
  t.match(await some.people().setPin(await enter(PASSWORD), '739154'), { kind: 'done' })
  t.match(await some.people().setPin(await enter(PASSWORD), '820463'), { kind: 'done' })
  await reset()
  const first = await reset()
  const session = await enter(first)
  t.match(await some.people().changePassword(session, first, PASSWORD), { kind: 'refused', why: /used before/ }, 'two resets')
  t.match(await some.people().changePassword(session, first, first), { kind: 'refused', why: /used before/ })
  t.match(await some.people().changePassword(session, first, 'another one of mine'), { kind: 'done' })
  for (const pin of ['820463', '739154'])
    t.match(await some.people().setPin(session, pin), { kind: 'refused', why: /this PIN was used before/ }, pin)
  t.match(await login.byPin('ben', '820463', fromDesk()), { kind: 'refused' })
  t.match(await some.people().setPin(session, '518037'), { kind: 'done' })
  t.match(await login.byPin('ben', '518037', fromDesk()), { kind: 'logged-in' })
})

t.test('a PIN is reported before it is too old, and then opens nothing until a new one is set [S-22] [S-24]', async (t) => {
  const DAY = 86_400_000
  const some = await withAdmin(t, { pinMaximumAgeMs: 90 * DAY })
  await withUser(some, 'ben', 'Operator')
  const { login } = some.people()
  const entered = await login.byPassword('ben', PASSWORD, fromDesk())
  if (entered.kind !== 'logged-in') throw new Error(entered.kind)
  await some.people().setPin(entered.session, '739154')
  some.clock.advance(75 * DAY)
  t.notOk(some.events.some(({ id }) => id === 'pin-expiring'))
  some.clock.advance(DAY)
  t.match(
    some.events.findLast(({ id }) => id === 'pin-expiring'),
    { fields: { subject: 'ben', days: 14 } },
  )
  t.match(await login.byPin('ben', '739154', fromDesk()), { kind: 'logged-in' })
  some.clock.advance(14 * DAY)
  t.match(
    await login.byPin('ben', '111111', fromDesk()),
    { kind: 'refused', why: /name or the password is wrong/ },
    'a guess learns nothing',
  )
  t.match(await login.byPin('ben', '739154', fromDesk()), { kind: 'refused', why: 'this PIN is too old', hint: /breakwall pin/ })
  t.match(
    some.events.findLast(({ id }) => id === 'login-failed'),
    { fields: { subject: 'ben', reason: 'the PIN is too old' } },
  )
  const again = await login.byPassword('ben', PASSWORD, fromDesk())
  if (again.kind !== 'logged-in') throw new Error(again.kind)
  t.match(await some.people().setPin(again.session, '739154'), { kind: 'refused', why: /used before/ }, 'the same PIN is no newer')
  t.match(await some.people().setPin(again.session, '820463'), { kind: 'done' })
  t.match(await login.byPin('ben', '820463', fromDesk()), { kind: 'logged-in' })
})
