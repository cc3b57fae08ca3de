import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PASSWORD, by, fromDesk, somePeople, totpCode, withAdmin, withUser } from '../support/people.ts'

t.test('a fresh state admits nobody; the set-up code makes one administrator, once [S-01] [CR 1.1] [CR 1.5]', async (t) => {
  const some = somePeople(t)
  const { accounts, login } = some.people()
  t.ok(accounts.needsSetUp())
  for (const name of ['admin', 'root', 'administrator', 'breakwall'])
    for (const password of ['admin', 'breakwall', '', '0000'])
      t.match(await login.byPassword(name, password, fromDesk(`${name} ${password}`)), { kind: 'refused' })
  t.match(await accounts.setUp('', 'ana', PASSWORD, 'here'), { kind: 'refused', why: /set up already/ }, 'no code was made yet')
  const code = accounts.newSetUpCode()
  t.match(code, /^[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}$/)
  t.match(await accounts.setUp('aaaa-bbbb-cccc', 'ana', PASSWORD, 'here'), { kind: 'refused', why: /not the set-up code/ })
  t.match(await accounts.setUp(code, 'ana', 'short', 'here'), { kind: 'refused', why: /at least 12/ })
  t.match(await accounts.setUp(code.toUpperCase(), 'ana', PASSWORD, 'here'), { kind: 'set-up', role: 'SecurityAdmin' })
  t.match(await accounts.setUp(code, 'eve', PASSWORD, 'here'), { kind: 'refused', why: /set up already/ })
  t.match(await login.byPassword('ana', PASSWORD, fromDesk()), { kind: 'logged-in', role: 'SecurityAdmin', pending: 'nothing' })
  t.notOk(accounts.needsSetUp())
})

t.test('the set-up code cannot be guessed: ten wrong ones and it is gone', async (t) => {
  const some = somePeople(t)
  const { accounts } = some.people()
  const code = accounts.newSetUpCode()
  for (let i = 0; i < 10; i++) await accounts.setUp('wrong', 'eve', PASSWORD, 'here')
  t.match(await accounts.setUp(code, 'eve', PASSWORD, 'here'), { kind: 'refused', why: /too often/ })
})

t.test('the file of the people holds nothing that can be read, for its owner only [S-06] [CR 4.1] [CR 1.5]', async (t) => {
  const some = await withAdmin(t)
  const path = join(some.folder, 'people')
  const text = readFileSync(path, 'utf8')
  for (const secret of ['root-admin', 'argon2', PASSWORD, 'SecurityAdmin']) t.notOk(text.includes(secret), secret)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(join(some.folder, 'people.key')).mode & 0o777, 0o600)
  some.restart()
  t.match(await some.people().login.byPassword('root-admin', PASSWORD, fromDesk()), { kind: 'logged-in' })
  writeFileSync(
    path,
    text.replace(/"data":"(.)/, (_, c: string) => `"data":"${c === 'A' ? 'B' : 'A'}`),
  )
  some.restart()
  t.match(some.people().state, { kind: 'closed', why: /does not open with this key/ })
  t.notOk(some.people().accounts.needsSetUp(), 'a file that cannot be read is not an empty one')
})

t.test(
  'an unknown user, a wrong password and a locked account get the same answer; five wrong ones lock over a restart [S-22] [CR 1.10] [CR 1.11]',
  async (t) => {
    const some = await withAdmin(t)
    const wrong = await some.people().login.byPassword('root-admin', 'wrong password', fromDesk())
    const unknown = await some.people().login.byPassword('nobody-here', 'Secret-typed-here', fromDesk())
    t.same(wrong, unknown)
    t.notOk(JSON.stringify(some.events).includes('nobody-here'), 'what is no name of a user may be a password: it is not recorded')
    for (let i = 0; i < 4; i++) await some.people().login.byPassword('root-admin', 'wrong password', fromDesk())
    t.same(await some.people().login.byPassword('root-admin', PASSWORD, fromDesk()), wrong, 'locked: the right one is not taken either')
    t.match(
      some.events.find(({ id }) => id === 'login-locked'),
      { fields: { subject: 'root-admin', source: '10.0.0.9' } },
    )
    t.match(
      await some.people().login.byPassword('root-admin', PASSWORD, fromDesk('10.0.0.10')),
      { kind: 'logged-in' },
      'from another desk it goes on',
    )
    some.restart()
    t.same(await some.people().login.byPassword('root-admin', PASSWORD, fromDesk()), wrong, 'a restart does not end it')
    some.clock.jumpWall(86_400_000)
    t.same(await some.people().login.byPassword('root-admin', PASSWORD, fromDesk()), wrong, 'nor does the date')
    some.clock.advance(15 * 60_000)
    t.match(await some.people().login.byPassword('root-admin', PASSWORD, fromDesk()), { kind: 'logged-in' })
  },
)

t.test('a burst of guesses has no more tries than a row of them', async (t) => {
  const some = await withAdmin(t)
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      some.people().login.byPassword('root-admin', i === 11 ? PASSWORD : `wrong password ${i}`, fromDesk()),
    ),
  )
  t.ok(
    answers.every(({ kind }) => kind === 'refused'),
    'the right one came after five wrong ones',
  )
})

t.test(
  'sessions end by idleness, by age, by number, by log-out and by whoever manages users [S-22] [S-23] [S-37] [CR 2.5] [CR 2.6] [CR 2.7]',
  async (t) => {
    const some = await withAdmin(t, { sessionsPerUser: 2, sessions: 3 })
    await withUser(some, 'ben', 'Viewer')
    const { login } = some.people()
    const enter = async (name: string) => {
      const done = await login.byPassword(name, PASSWORD, fromDesk())
      if (done.kind !== 'logged-in') throw new Error(done.kind)
      return done
    }
    const lives = (token: string): boolean => some.people().use(token) !== 'none'
    const idle = await enter('ben')
    some.clock.advance(4 * 60_000)
    t.ok(lives(idle.token), 'use renews it')
    some.clock.advance(299_999)
    t.ok(lives(idle.token))
    some.clock.advance(300_000)
    t.notOk(lives(idle.token), 'five minutes unused')
    some.clock.advance(15_000)
    t.match(
      some.events.findLast(({ id }) => id === 'session-expired'),
      { fields: { subject: 'ben', reason: 'not used for too long' } },
    )

    const long = await enter('ben')
    for (let minutes = 0; minutes < 479; minutes += 4) {
      t.ok(lives(long.token) || minutes > 476)
      some.clock.advance(4 * 60_000)
    }
    t.notOk(lives(long.token), 'eight hours, however busy')

    const [first, second, third] = [await enter('ben'), await enter('ben'), await enter('ben')]
    t.notOk(lives(first.token), 'a third screen ends the first')
    t.ok(lives(second.token) && lives(third.token))
    const admin = await enter('root-admin')
    t.match(await login.byPassword('root-admin', PASSWORD, fromDesk()), { kind: 'refused', why: /too many people/ }, 'three in all')
    some.people().logout(second.session)
    t.notOk(lives(second.token))
    t.equal(some.people().endSession(third.session.id, by).kind, 'done')
    t.notOk(lives(third.token))
    const before = await enter('ben')
    t.equal((await some.people().accounts.setRole('ben', 'Operator', by)).kind, 'done')
    t.notOk(lives(before.token), 'another role, another log-in')
    some.restart()
    t.notOk(lives(admin.token), 'a restart ends all')
  },
)

t.test('passwords are changed at first use, kept ten long, and too old after their time [S-16] [CR 1.7]', async (t) => {
  const DAY = 86_400_000
  const some = await withAdmin(t, { passwordMaximumAgeMs: 90 * DAY, sessionsPerUser: 20 })
  const { accounts, login } = some.people()
  const created = await accounts.create('ben', 'Viewer', by)
  if (created.kind === 'refused') throw new Error(created.why)
  const enter = async (password: string) => {
    const done = await login.byPassword('ben', password, fromDesk())
    if (done.kind !== 'logged-in') throw new Error(done.kind)
    return done
  }
  const first = await enter(created.password)
  t.equal(first.pending, 'change-password')
  t.match(await some.people().changePassword(first.session, 'not it at all', 'a new one of mine'), {
    kind: 'refused',
    why: /old password is wrong/,
  })
  t.match(await some.people().changePassword(first.session, created.password, created.password), { kind: 'refused', why: /used before/ })
  const words = Array.from({ length: 13 }, (_, i) => `my own words number ${String.fromCharCode(97 + i)}`)
  let old = created.password
  for (const fresh of words.slice(0, 12)) {
    t.equal((await some.people().changePassword(first.session, old, fresh)).kind, 'done', fresh)
    old = fresh
  }
  t.match(await some.people().changePassword(first.session, old, words[1] ?? ''), {
    kind: 'refused',
    why: /the last 10 are not taken again/,
  })
  t.equal((await some.people().changePassword(first.session, old, words[0] ?? '')).kind, 'done', 'the one before those is')
  t.match(some.people().use(first.token), { session: { pending: 'nothing' } })

  some.clock.advance(80 * DAY)
  t.match(
    some.events.findLast(({ id }) => id === 'password-expiring'),
    { fields: { days: 10 } },
  )
  t.equal((await enter(words[0] ?? '')).passwordDaysLeft, 10)
  some.clock.advance(10 * DAY)
  t.equal((await enter(words[0] ?? '')).pending, 'change-password')
})

t.test('the last who may manage users stays, also when two remove each other at once [S-21] [S-05]', async (t) => {
  const some = await withAdmin(t)
  const { accounts } = some.people()
  const last = { kind: 'refused', why: /last user who may manage users/ }
  t.match(await accounts.remove('root-admin', by), last)
  t.match(await accounts.disable('root-admin', by), last)
  t.match(await accounts.setRole('root-admin', 'Viewer', by), last)
  await withUser(some, 'second', 'SecurityAdmin')
  const both = await Promise.all([accounts.remove('root-admin', by), accounts.remove('second', by)])
  t.same(both.map(({ kind }) => kind).sort(), ['done', 'refused'])
  t.equal(accounts.list().filter(({ role }) => role === 'SecurityAdmin').length, 1)
  t.match(await accounts.create('x y', 'Viewer', by), { kind: 'refused', why: /cannot be the name/ })
  t.match(await accounts.create('ben', 'King', by), { kind: 'refused', why: /there is no role "King"/ })
  t.match(
    await accounts.create('SECOND', 'Viewer', by),
    { kind: both[0].kind === 'done' ? 'refused' : 'created' },
    'names are one, however they are written',
  )
})

t.test('a user who is disabled during a log-in stays disabled, and is out at once [CR 1.3]', async (t) => {
  const some = await withAdmin(t)
  await withUser(some, 'ben', 'Viewer')
  const { accounts, login } = some.people()
  const running = login.byPassword('ben', PASSWORD, fromDesk())
  await accounts.disable('ben', by)
  const done = await running
  t.ok(done.kind === 'refused' || some.people().use(done.kind === 'logged-in' ? done.token : '') === 'none')
  t.match(
    accounts.list().find(({ name }) => name === 'ben'),
    { state: 'disabled' },
  )
  t.match(await login.byPassword('ben', PASSWORD, fromDesk('elsewhere')), { kind: 'refused', why: /name or the password is wrong/ })
})

t.test('what cannot be written on record is not done [CR 2.10]', async (t) => {
  const some = await withAdmin(t)
  some.world.writes = false
  t.match(await some.people().accounts.create('ben', 'Viewer', by), { kind: 'refused', why: /cannot be written down/ })
  t.equal(some.people().accounts.list().length, 1)
})

t.test('a role that needs a second factor gets nowhere without one, and a code is good once [CR 1.1 RE 2]', async (t) => {
  const some = await withAdmin(t, { secondFactor: new Set(['SecurityAdmin']) })
  const { login, factors } = some.people()
  const nowMs = (): number => some.clock.utcUs() / 1000
  const first = await login.byPassword('root-admin', PASSWORD, fromDesk())
  if (first.kind !== 'logged-in') throw new Error(first.kind)
  t.equal(first.pending, 'second-factor')
  const { secret, uri } = factors.startTotp(first.session)
  t.match(uri, /^otpauth:\/\/totp\/Breakwall:root-admin\?issuer=Breakwall&secret=[A-Z2-7]{32}/)
  t.match(await factors.confirmTotp(first.session, '000000'), { kind: 'refused' })
  t.equal((await factors.confirmTotp(first.session, totpCode(secret, nowMs()))).kind, 'done')
  t.match(some.people().use(first.token), { session: { pending: 'nothing' } })

  const ask = async () => {
    const asked = await login.byPassword('root-admin', PASSWORD, fromDesk())
    if (asked.kind !== 'second-factor') throw new Error(asked.kind)
    return asked.ticket
  }
  t.match(
    await login.byCode(await ask(), totpCode(secret, nowMs()), fromDesk()),
    { kind: 'refused' },
    'the code that was shown at its setting is used',
  )
  some.clock.advance(30_000)
  const ticket = await ask()
  t.match(
    await login.byCode(ticket, totpCode(secret, nowMs()), fromDesk('elsewhere')),
    { kind: 'refused' },
    'the ticket is for one address',
  )
  t.match(await login.byCode(ticket, totpCode(secret, nowMs()), fromDesk()), { kind: 'logged-in', pending: 'nothing' })
  t.match(await login.byCode(await ask(), totpCode(secret, nowMs()), fromDesk()), { kind: 'refused' }, 'no code twice')
  some.clock.advance(60_000)
  const both = [await ask(), await ask()]
  const at = await Promise.all(both.map((one) => login.byCode(one, totpCode(secret, nowMs()), fromDesk())))
  t.same(at.map(({ kind }) => kind).sort(), ['logged-in', 'refused'], 'nor by two at once')
  some.clock.advance(60_000)
  const late = await ask()
  some.clock.advance(121_000)
  t.match(await login.byCode(late, totpCode(secret, nowMs()), fromDesk()), { kind: 'refused' }, 'a ticket lives two minutes')
  t.equal((await some.people().accounts.reset('root-admin', by)).kind, 'created')
})

t.test('an address that tries to log in without end keeps nobody else from logging in [CR 7.1]', async (t) => {
  const some = await withAdmin(t)
  const { login } = some.people()
  const flood = Array.from({ length: 40 }, (_, i) => login.byPassword(`nobody-${i}`, 'guess', fromDesk('flood')))
  t.match(await login.byPassword('root-admin', PASSWORD, fromDesk()), { kind: 'logged-in' })
  const answers = await Promise.all(flood)
  t.equal(answers.filter((one) => one.kind === 'refused' && one.why.startsWith('too many log-ins')).length, 36)
})

t.test('first steps of one user take no ticket of the same user at another address, nor of another user', async (t) => {
  const some = await withAdmin(t, { secondFactor: new Set(['SecurityAdmin']) })
  const { login, factors } = some.people()
  const first = await login.byPassword('root-admin', PASSWORD, fromDesk())
  if (first.kind !== 'logged-in') throw new Error(first.kind)
  const { secret } = factors.startTotp(first.session)
  const code = (): string => totpCode(secret, some.clock.utcUs() / 1000)
  await factors.confirmTotp(first.session, code())
  some.clock.advance(30_000)
  const ask = async (source?: string): Promise<string> => {
    const asked = await login.byPassword('root-admin', PASSWORD, source === undefined ? fromDesk() : fromDesk(source))
    if (asked.kind !== 'second-factor') throw new Error(asked.kind)
    return asked.ticket
  }
  const mine = await ask()
  const oldest = await ask('elsewhere')
  for (let i = 0; i < 5; i++) await ask('elsewhere')
  t.match(await login.byCode(oldest, code(), fromDesk('elsewhere')), { kind: 'refused' }, 'the sixth took the place of the first')
  t.match(await login.byCode(mine, code(), fromDesk()), { kind: 'logged-in' })
})

t.test('a PIN opens a session for locks only, and follows its rules [S-24]', async (t) => {
  const some = await withAdmin(t)
  await withUser(some, 'tech', 'FieldTech')
  const entered = await some.people().login.byPassword('tech', PASSWORD, fromDesk())
  if (entered.kind !== 'logged-in') throw new Error(entered.kind)
  t.match(await some.people().setPin(entered.session, '123456'), { kind: 'refused', why: /counts up/ })
  t.equal((await some.people().setPin(entered.session, '739154')).kind, 'done')
  t.match(await some.people().setPin(entered.session, '739154'), { kind: 'refused', why: /used before/ })
  const panel = { source: 'local kiosk', via: 'panel', systemUser: 'kiosk' } as const
  t.match(await some.people().login.byPin('tech', '739154', panel), { kind: 'logged-in', session: { via: 'panel' } })
  t.match(await some.people().login.byPin('root-admin', '739154', panel), { kind: 'refused' }, 'who has no PIN has none that is right')
})

t.test('a script has a token for what it was given and until its day [CR 1.14] [S-04]', async (t) => {
  const some = await withAdmin(t)
  const { services } = some.people()
  for (const action of ['unlock', 'users', 'configuration', 'nothing'])
    t.match(await services.create('backup', [action], '', 30, by), { kind: 'refused', why: new RegExp(`cannot be given "${action}"`) })
  t.match(await services.create('backup', [], '', 30, by), { kind: 'refused' })
  t.match(await services.create('backup', ['look'], '', 401, by), { kind: 'refused', why: /not a number of days/ })
  const made = await services.create('backup', ['look', 'events'], '', 30, by)
  if (made.kind === 'refused') throw new Error(made.why)
  t.match(services.use(made.token), { name: 'backup', scope: ['look', 'events'] })
  t.equal(services.use(`${made.token}x`), 'none')
  t.notOk(readFileSync(join(some.folder, 'people'), 'utf8').includes(made.token))
  some.clock.advance(30 * 86_400_000)
  t.equal(services.use(made.token), 'none', 'its day has come')
  t.equal((await services.remove('backup', by)).kind, 'done')
  t.match(await services.remove('backup', by), { kind: 'refused' })
})

t.test('a log-in that began before its password was changed or reset, or a second factor was set, does not get in [CR 1.7]', async (t) => {
  const some = await withAdmin(t)
  const { accounts, login, factors } = some.people()
  await withUser(some, 'ben', 'Operator')
  const nowMs = (): number => some.clock.utcUs() / 1000
  // The record of the reset is on its way when the log-in begins, which then waits for it.
  let reached: () => void = () => undefined
  let release: () => void = () => undefined
  const isRecording = new Promise<void>((resolve) => (reached = resolve))
  some.world.recording = () => {
    reached()
    return new Promise((resolve) => (release = resolve))
  }
  const reset = accounts.reset('ben', by)
  await isRecording
  some.world.recording = () => Promise.resolve()
  const late = login.byPassword('ben', PASSWORD, fromDesk())
  await some.countedLogIn()
  release()
  t.same([(await reset).kind, (await late).kind], ['created', 'refused'])
  t.same(some.people().sessions(), [], 'and has no session')

  const first = await login.byPassword('root-admin', PASSWORD, fromDesk())
  if (first.kind !== 'logged-in') throw new Error(first.kind)
  const { secret } = factors.startTotp(first.session)
  t.equal((await factors.confirmTotp(first.session, totpCode(secret, nowMs()))).kind, 'done')
  some.clock.advance(60_000)
  const asked = await login.byPassword('root-admin', PASSWORD, fromDesk())
  if (asked.kind !== 'second-factor') throw new Error(asked.kind)
  t.equal((await some.people().changePassword(first.session, PASSWORD, 'another battery staple')).kind, 'done')
  const code = await login.byCode(asked.ticket, totpCode(secret, nowMs()), fromDesk())
  t.equal(code.kind, 'refused', 'a ticket of the password before')
})
