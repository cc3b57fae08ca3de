import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { localTime, realClock } from '../../src/platform/index.ts'
import { isTagged } from '../../src/policy/index.ts'
import { type Person, staffOf } from '../support/staff.ts'
import { type World, commandRegisters, createWorld, exceptionOf } from '../support/world.ts'

const NSX = 4353
const CLOSE = 905
const OPEN = 904
const people = { tech: 'FieldTech', mate: 'FieldTech', ana: 'Engineer' }

/** A gateway with people on it, and a SCADA client that closes and opens Q1. */
async function site(t: { teardown(run: () => unknown): void }, more = '', edit: (toml: string) => string = (toml) => toml) {
  const world: World = await createWorld()
  t.teardown(() => world.close())
  const running = await world.start((toml) => `${edit(toml)}\n${more}`)
  const { gateway, port } = running
  const stop = (): Promise<void> => running.stop()
  const staff = await staffOf(world, gateway, people)
  const scada = await world.scada(port)
  t.teardown(() => scada.close(() => undefined))
  scada.setID(1)
  const ask = (code: number): Promise<unknown> => scada.writeRegisters(7999, commandRegisters(code, NSX))
  const of = (name: string): Person => staff[name] ?? failed(name)
  const refused = async (why: string): Promise<void> => {
    await exceptionOf(ask(CLOSE))
    await world.heard(({ id, data }) => id === 'operation-denied' && (data['reason'] ?? '').startsWith(`${why}:`))
  }
  return { world, gateway, port, stop, of, ask, refused, scada }
}
function failed(name: string): never {
  throw new Error(`nobody is called ${name}`)
}
const unlock = { scope: 'control', forSeconds: 600, reason: 'test of tags', workOrder: 'WO-1182' }
const why = { reason: 'seal change', workOrder: 'WO-1182' }

t.test('a tag stops what is unlocked, until its owner or two others take it off; also over a restart [S-31] [CR 2.1]', async (t) => {
  const { world, of, ask, refused, stop } = await site(t)
  const [tech, mate, admin] = [of('tech'), of('mate'), of('admin')]
  t.match(await tech('/v1/breakers/Q1/unlock', unlock), { status: 200, value: { locked: false, workOrder: 'WO-1182' } })
  t.match((await world.heard(({ id }) => id === 'unlocked')).data, { subject: 'tech', workOrder: 'WO-1182' })
  await ask(CLOSE)
  await world.heard(({ id }) => id === 'operation-done')
  const hung = await tech('/v1/breakers/Q1/tags', why)
  t.match(hung, { status: 200, value: { owner: 'tech' } })
  await refused('tagged')
  const id = String(hung.value['id'])
  t.match(await mate(`/v1/tags/${id}`, { action: 'remove' }), { status: 409, value: { error: /somebody else/ } })
  t.match(await admin(`/v1/tags/${id}`, { action: 'agree-removal' }), { status: 403 }, 'who administers hangs no tags')
  t.match(await mate(`/v1/tags/${id}`, { action: 'ask-removal', reason: 'he left' }), { status: 403 })
  t.match(await admin(`/v1/tags/${id}`, { action: 'ask-removal', reason: 'he has left the site' }), { status: 200 })
  await world.heard((message) => message.id === 'tag-removal-asked')
  await refused('tagged')
  t.match(await mate(`/v1/tags/${id}`, { action: 'agree-removal' }), { status: 200 })
  const alarm = await world.heard((message) => message.id === 'tag-removed-by-other')
  t.match(alarm.data, { subject: 'mate', via: 'admin', user: 'tech', breaker: 'Q1', reason: 'he has left the site' })
  t.equal(alarm.priority & 7, 2)
  // Hand-over: the tag hangs all the time.
  const own = String((await tech('/v1/breakers/Q1/tags', why)).value['id'])
  t.match(await tech(`/v1/tags/${own}`, { action: 'offer', to: 'mate' }), { status: 200 })
  t.match(await mate(`/v1/tags/${own}`, { action: 'accept' }), { status: 200, value: { owner: 'mate' } })
  for (const event of ['tag-offered', 'tag-passed']) await world.heard((message) => message.id === event)
  await stop()
  const again = await world.start()
  t.match(again.gateway.tags.tags().tags, [{ owner: 'mate', on: { breaker: 'Q1' } }])
  t.equal(again.gateway.locks.locks('Q1').control.kind, 'locked')
  await again.gateway.tags.act({ kind: 'remove', id: own, by: 'mate' })
  await world.heard((message) => message.id === 'tag-removed')
})

t.test('a group lock-out holds its breakers until every tag of it is off; a master lock holds them all [S-31]', async (t) => {
  const { world, of, refused } = await site(t)
  const [tech, mate] = [of('tech'), of('mate')]
  await tech('/v1/breakers/Q1/unlock', unlock)
  t.match(await tech('/v1/jobs', { name: 'busbar', breakers: ['Q1', 'Q2'], ...why }), { status: 200 })
  await refused('tagged')
  const id = String((await mate('/v1/breakers/Q1/tags', { ...why, job: 'busbar' })).value['id'])
  t.match(await tech('/v1/jobs/busbar/end', {}), { status: 409, value: { error: /tags hang on this job/ } })
  t.match(await mate(`/v1/tags/${id}`, { action: 'remove' }), { status: 200 })
  t.match(await tech('/v1/jobs/busbar/end', {}), { status: 200 })
  for (const event of ['lock-out-started', 'lock-out-ended']) await world.heard((message) => message.id === event)
  t.match(await mate('/v1/master-lock', { on: true, reason: 'storm' }), { status: 200, value: { on: true } })
  await refused('master-lock')
  t.match(await of('ana')('/v1/master-lock', { on: false, reason: 'storm is over' }), { status: 403 })
  t.match(await tech('/v1/master-lock', { on: false, reason: 'storm is over' }), { status: 200, value: { on: false } })
  for (const event of ['master-lock-on', 'master-lock-off']) await world.heard((message) => message.id === event)
})

t.test('two people at once: the second is told what the first has done', async (t) => {
  const { of, gateway } = await site(t)
  const [tech, mate] = [of('tech'), of('mate')]
  const version = gateway.locks.version('Q1', 'control')
  t.match(await tech('/v1/breakers/Q1/unlock', { ...unlock, version }), { status: 200 })
  t.match(await mate('/v1/breakers/Q1/unlock', { ...unlock, version }), {
    status: 409,
    value: { error: 'somebody else was first: Q1 is unlocked by tech: test of tags' },
  })
  t.match(await tech('/v1/breakers/Q1/unlock', { ...unlock, forSeconds: 9 * 3600 }), { status: 422, value: { error: /8 h at most/ } })
})

t.test('a tag that is hung while its job is being ended bars, also after a restart [S-31]', async (t) => {
  const { world, gateway, stop } = await site(t)
  await gateway.tags.act({ kind: 'start-job', job: 'J', breakers: ['Q1'], by: 'tech', ...why })
  const ending = gateway.tags.act({ kind: 'end-job', job: 'J', by: 'tech' })
  for (let i = 0; i < 3; i++) await Promise.resolve() // its record is on its way to the disk
  const hung = await gateway.tags.act({ kind: 'hang', id: 'late', on: { kind: 'job', job: 'J' }, by: 'mate', ...why })
  t.match(hung, { kind: 'done', recorded: 'recorded' })
  t.match(await ending, { kind: 'refused', why: 'tags-on-job' })
  t.match((await world.heard(({ id }) => id === 'change-overtaken')).data, { subject: 'tech', operation: /has ended the lock-out J/ })
  await stop()
  const again = await world.start()
  t.equal(isTagged(again.gateway.tags.tags(), 'Q1'), true)
})

t.test('a setting passes under a grant of two people, once, and within its guards [CR 2.1 RE 4]', async (t) => {
  const guards = `[[guard]]\nname = "Ir"\nclasses = ["protection-setting"]\nsetting = "pick-up Ir"\nminimum = 160\nmaximum = 400\nbreakers = ["Q1"]\n
[[guard]]\nname = "closes"\nclasses = ["control"]\nacts = ["close"]\nmost = 1\nwithin = "10m"\n`
  const { world, of, port, ask, refused, gateway } = await site(t, guards, (toml) =>
    toml.replace('[roles.Engineer]\n', '[roles.Engineer]\ngrant = ["protection-setting"]\n'),
  )
  const [tech, mate, ana] = [of('tech'), of('mate'), of('ana')]
  await tech('/v1/breakers/Q1/unlock', { ...unlock, scope: 'protection-setting' })
  const engineer = await world.scada(port, 'engineer-1')
  t.teardown(() => engineer.close(() => undefined))
  engineer.setID(1)
  const setIr = (amps: number): Promise<unknown> =>
    engineer.writeRegisters(7999, [45192, 18, 5121, 1, 0, 0, amps, 16000, 5, 1, 0, 0, 0, 0, 0, 0, 0, 8019, 8020, 8021])
  const denied = (reason: string) => world.heard(({ id, data }) => id === 'operation-denied' && (data['reason'] ?? '').startsWith(reason))
  await exceptionOf(setIr(200))
  await denied('no-grant')
  const ofIr = { kind: 'setting', class: 'protection-setting', setting: 'pick-up Ir', minimum: 100, maximum: 250 } as const
  const limits = { minimum: 0, maximum: 16_000 }
  const also = ['delay tr', 'motor class', 'cool fan'].map((setting) => ({ setting, ...limits }))
  const wanted = { ...ofIr, also }
  const body = { client: 'engineer-1', breaker: 'Q1', for: wanted, uses: 1, forSeconds: 600, ...why }
  t.match(
    await ana('/v1/grants', { ...body, for: ofIr }),
    { status: 422, value: { error: /command 45192 also writes delay tr, motor class, cool fan/, hint: /--also "delay tr=FROM-TO"/ } },
    'a grant that could never hold is not asked for',
  )
  t.match(await ana('/v1/grants', { ...body, for: { ...wanted, setting: 'Ir' } }), {
    status: 422,
    value: { hint: /expected one of pick-up Ir/ },
  })
  const asked = await ana('/v1/grants', body)
  t.match(asked, {
    status: 200,
    value: { state: 'requested', words: /^pick-up Ir from 100 to 250, delay tr from 0 to 16000, motor class/ },
  })
  const id = String(asked.value['id'])
  t.match(await ana(`/v1/grants/${id}`, { action: 'approve', version: 0 }), { status: 403 })
  t.match(await mate(`/v1/grants/${id}`, { action: 'approve', version: 7 }), { status: 409 }, 'another version was looked at')
  t.match(await mate(`/v1/grants/${id}`, { action: 'approve', version: 0 }), { status: 200, value: { state: 'approved', by: 'mate' } })
  await exceptionOf(setIr(300))
  await denied('no-grant')
  await exceptionOf(setIr(120))
  t.equal((await denied('value-limit')).data['guard'], 'Ir')
  await setIr(200)
  await world.heard((message) => message.id === 'setting-changed')
  t.match((await world.heard((message) => message.id === 'grant-used')).data, { subject: 'engineer-1', reason: '1 of 1' })
  await exceptionOf(setIr(200))
  await engineer.readHoldingRegisters(8019, 2) // its command is over for others too when it has read its result
  for (const [answer, event] of [
    ['refuse', 'grant-refused'],
    ['revoke', 'grant-revoked'],
  ] as const) {
    const one = String((await ana('/v1/grants', body)).value['id'])
    if (answer === 'revoke') await mate(`/v1/grants/${one}`, { action: 'approve', version: 0 })
    t.match(await mate(`/v1/grants/${one}`, { action: answer, version: answer === 'revoke' ? 1 : 0, reason: 'no' }), { status: 200 })
    await world.heard((message) => message.id === event)
  }
  const short = await gateway.grants.ask({ ...body, for: { ...wanted }, startsMs: 0, lengthMs: 300 }, 'ana')
  if (short.kind !== 'done') throw new Error(short.kind)
  await gateway.grants.act(short.grant.id, { kind: 'approve', by: 'mate', reason: '', version: 0 })
  await world.heard((message) => message.id === 'grant-expired')
  for (const event of ['grant-requested', 'grant-approved']) await world.heard((message) => message.id === event)
  // A rate: the second close within ten minutes.
  await tech('/v1/breakers/Q1/unlock', unlock)
  await ask(CLOSE)
  await refused('rate-limit')
  await ask(OPEN) // opening is not counted
})

t.test('an emergency opens what is locked and tagged, in two steps, with an alert; it never closes [S-27] [CR 2.1 RE 3]', async (t) => {
  const role = (toml: string): string =>
    toml
      .replace('[site]\n', '[site]\nemergency-open = true\n')
      .replace('[roles.FieldTech]\n', '[roles.FieldTech]\nmanage = ["look", "events", "lock", "unlock", "tag", "emergency-open"]\n')
  const { world, of, ask, refused, scada } = await site(t, '', role)
  const look = (): Promise<unknown> => scada.readHoldingRegisters(12_000, 1) // the gateway learns a state from what passes
  const [tech, mate] = [of('tech'), of('mate')]
  await tech('/v1/breakers/Q1/unlock', unlock)
  await ask(CLOSE)
  await world.heard(({ id }) => id === 'operation-done')
  await look()
  await mate('/v1/breakers/Q1/tags', why)
  await refused('tagged')
  t.match(await of('ana')('/v1/breakers/Q1/emergency-open', { reason: 'fire' }), { status: 403 })
  const asked = await tech('/v1/breakers/Q1/emergency-open', { reason: 'fire in the hall' })
  const ticket = String(asked.value['ticket'])
  const confirm = '/v1/breakers/Q1/emergency-open/confirm'
  t.match(await tech(confirm, { ticket, breaker: 'Q2' }), { status: 409 }, 'the name is typed again')
  t.match(await mate(confirm, { ticket, breaker: 'Q1' }), { status: 409 }, 'another person')
  const again = String((await tech('/v1/breakers/Q1/emergency-open', { reason: 'fire in the hall' })).value['ticket'])
  t.match(await tech(confirm, { ticket: again, breaker: 'Q1' }), { status: 200 })
  t.equal((await world.heard(({ id }) => id === 'emergency-open')).priority & 7, 1)
  await world.heard(({ id }) => id === 'emergency-open-asked')
  t.match(await world.heard(({ id, data }) => id === 'operation-allowed' && data['role'] === 'emergency'), {
    data: { subject: 'tech', operation: 'open circuit breaker Q1' },
  })
  await world.heard(({ id, data }) => id === 'operation-done' && data['role'] === 'emergency')
  await look()
  await world.heard(({ id, data }) => id === 'breaker-opened' && data['expected'] === 'expected')
  t.match(await tech(confirm, { ticket: again, breaker: 'Q1' }), { status: 409 }, 'once')
  await refused('tagged')
})

t.test('a breaker that is only observed lets pass, tells, and proposes what it would take [S-03]', async (t) => {
  const { world, of, port } = await site(t, '', (toml) => toml.replace('name = "Q1"\n', 'name = "Q1"\nmode = "observe"\n'))
  const viewer = await world.scada(port, 'viewer-1')
  t.teardown(() => viewer.close(() => undefined))
  viewer.setID(1)
  await viewer.writeRegisters(7999, commandRegisters(CLOSE, NSX))
  t.match((await world.heard(({ id }) => id === 'operation-would-deny')).data, {
    subject: 'viewer-1',
    reason: /^role:/,
    outcome: 'allowed',
  })
  await world.heard(({ id }) => id === 'operation-done')
  const before = readFileSync(world.paths.config, 'utf8')
  const learned = await of('admin')('/v1/learned')
  t.match(learned.value['diff'], /\[roles\.Viewer\]\n-may = \["monitor"\]\n\+may = \["monitor", "control"\]/)
  t.equal(readFileSync(world.paths.config, 'utf8'), before, 'nothing is changed by itself')
  // Enforced again by a reload, without a restart.
  writeFileSync(world.paths.config, before.replace('mode = "observe"\n', ''))
  t.match(await of('admin')('/v1/reload', {}), { status: 200, value: { changed: /mode of breakers/ } })
  await exceptionOf(viewer.writeRegisters(7999, commandRegisters(CLOSE, NSX)))
})

t.test('a key switch at the door bars what is unlocked; with its wire broken it bars as well [S-26] [S-31]', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-key-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [program, value] = [join(folder, 'gpioget'), join(folder, 'value')]
  writeFileSync(program, '#!/bin/sh\ncat "$2"\n', { mode: 0o755 })
  writeFileSync(value, '1\n')
  const words = JSON.stringify([program, '--numeric', value])
  const { world, gateway, of, ask, refused } = await site(
    t,
    `[[key-switch]]\nname = "key at the door"\nbreakers = ["Q1"]\nread = ${words}\ndebounce = "20ms"\n`,
  )
  const tech = of('tech')
  await world.heard((message) => message.id === 'key-switch-off')
  await tech('/v1/breakers/Q1/unlock', unlock)
  await ask(CLOSE)
  writeFileSync(value, '0\n')
  t.match((await world.heard((message) => message.id === 'key-switch-on')).data, { switch: 'key at the door', reason: 'it was turned' })
  await refused('key-switch')
  t.match(await tech('/v1/breakers/Q1'), {
    value: { breaker: { keySwitches: ['key at the door'], locks: { control: { locked: false } } } },
  })
  t.match(await tech('/v1/breakers/Q2'), { value: { breaker: { keySwitches: [] } } }, 'the others are not of it')
  writeFileSync(value, '1\n')
  for (let i = 0; gateway.keySwitches.barring('Q1').length > 0; i++) await new Promise<void>((heard) => gateway.clock.after(20, heard))
  await ask(OPEN)
  rmSync(value)
  t.match((await world.heard(({ id, data }) => id === 'key-switch-on' && data['reason'] !== 'it was turned')).data, {
    reason: /nothing is heard of it/,
  })
  await refused('key-switch')
  t.match(await tech('/v1/status'), { value: { keySwitches: [{ name: 'key at the door', state: 'broken' }] } })
})

t.test('guards of hours, of two requests and of a step from the value that the breaker has, end to end [S-04]', async (t) => {
  const day = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][(localTime(realClock.utcUs()).weekday + 3) % 7] ?? 'Mon'
  const { world, gateway, of, ask, refused, port } = await site(
    t,
    [
      `[[guard]]\nname = "only that day"\nclasses = ["control"]\nacts = ["open"]\nonly-during = ["${day} 00:00-23:59"]\n`,
      `[[guard]]\nname = "say it twice"\nclasses = ["control"]\nacts = ["close"]\nselect-within = "10s"\n`,
      // Register 12000 stands in for the one of a real device's manual: it is read, and what it holds is far from 200.
      `[[guard]]\nname = "small steps"\nclasses = ["protection-setting"]\nsetting = "pick-up Ir"\nminimum = 1\nmaximum = 60000\nbreakers = ["Q1"]\nstep = 20\nregister = 12000\n`,
    ].join('\n'),
  )
  const tech = of('tech')
  await tech('/v1/breakers/Q1/unlock', unlock)
  await tech('/v1/breakers/Q1/unlock', { ...unlock, scope: 'protection-setting' })
  const denied = (why: string) => world.heard(({ id, data }) => id === 'operation-denied' && (data['reason'] ?? '').startsWith(why))
  await exceptionOf(ask(OPEN))
  await denied('outside-hours')
  await refused('select-first')
  await exceptionOf(ask(CLOSE)) // at once: that is a driver's own retry, and no second decision
  let done = false
  for (let tries = 0; !done && tries < 5; tries++) {
    await new Promise<void>((later) => gateway.clock.after(600, later)) // the gap that the guard itself asks for
    done = await ask(CLOSE).then(
      () => true,
      () => false,
    )
  }
  t.ok(done, 'asked for twice')
  t.match((await world.heard(({ id }) => id === 'operation-done')).data, { breaker: 'Q1' })
  const engineer = await world.scada(port, 'engineer-1')
  t.teardown(() => engineer.close(() => undefined))
  engineer.setID(1)
  await exceptionOf(engineer.writeRegisters(7999, [45192, 18, 5121, 1, 0, 0, 200, 16000, 5, 1, 0, 0, 0, 0, 0, 0, 0, 8019, 8020, 8021]))
  t.match((await world.heard(({ id, data }) => id === 'operation-denied' && data['guard'] === 'small steps')).data, { breaker: 'Q1' })
})
