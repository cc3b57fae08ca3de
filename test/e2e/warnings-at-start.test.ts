import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { call as callApi } from '../support/api.ts'
import { type Clock, realClock } from '../../src/platform/index.ts'
import { type World, createWorld } from '../support/world.ts'

const PASSWORD = 'correct horse battery'
const DAY_US = 86_400_000_000
/** A wall clock so many days ahead. */
const ahead = (days: number): Clock => ({ ...realClock, utcUs: () => realClock.utcUs() + days * DAY_US })

const withPeople =
  (more = '') =>
  (toml: string) =>
    toml.replace(/\n\[people\]\nwithout-login = .*\n/, `\n[people]\nwithout-login = ["users", "look", "events"]\n${more}`)
const AGES = 'password-maximum-age = "100d"\npin-maximum-age = "101d"\n'
const heard = (world: World, id: string, subject: string) =>
  world.heard((message) => message.id === id && Object.values(message.data).includes(subject))

t.test(
  'what is done to accounts, tokens and passwords is on record, each with who did it [S-04] [S-16] [CR 1.3] [CR 1.4] [CR 2.8] [CR 2.12]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const first = await world.start(withPeople(AGES))
    const api = (path: string, body: object) => callApi(world.paths.api, path, body)
    const code = first.gateway.people.accounts.newSetUpCode()
    t.equal((await api('/v1/setup', { code, name: 'root-admin', password: PASSWORD })).status, 200)
    for (const name of ['ana', 'bob']) t.equal((await api('/v1/users', { name, role: 'Viewer' })).status, 200)
    await heard(world, 'user-created', 'ana')
    for (const body of [{ action: 'role', role: 'Operator' }, { action: 'reset' }, { action: 'disable' }, { action: 'remove' }]) {
      const said = await api('/v1/users/ana', body)
      t.equal(said.status, 200, JSON.stringify([body, said.value]))
    }
    const entered = (await api('/v1/login', { name: 'root-admin', password: PASSWORD })).value as { readonly token: string }
    const person = { authorization: `Bearer ${entered.token}` }
    t.equal((await callApi(world.paths.api, '/v1/me/pin', { pin: '739154' }, person)).status, 200)
    for (const id of ['user-changed', 'password-reset', 'user-disabled', 'user-deleted'])
      t.match((await heard(world, id, 'ana')).data, { user: 'ana', subject: /./ }, id)
    t.equal((await api('/v1/tokens', { name: 'collector', scope: ['events'], days: 30 })).status, 200)
    await heard(world, 'service-created', 'collector')
    t.equal((await api('/v1/tokens/collector/remove', {})).status, 200)
    await heard(world, 'service-removed', 'collector')
    for (let i = 0; i < 6; i++) await api('/v1/login', { name: 'bob', password: 'wrong all the time' })
    t.match((await heard(world, 'login-locked', 'bob')).priority, 13 * 8 + 3)
    await first.stop()
    await world.start(undefined, { clock: ahead(95) })
    for (const id of ['password-expiring', 'pin-expiring']) t.match((await heard(world, id, 'root-admin')).data, { days: /^[1-9]\d?$/ }, id)
  },
)

t.test(
  'a vault that cannot be opened, passwords of breakers that are old, and a certificate that has ended are told at start [S-14] [S-16] [CR 1.8]',
  async (t) => {
    const world = await createWorld()
    t.teardown(() => world.close())
    const first = await world.start(undefined, { clock: ahead(400) })
    t.match((await heard(world, 'vault-password-old', 'Q1')).data, { days: /^(399|400)$/ })
    t.match((await heard(world, 'certificate-expired', 'gateway')).priority, 13 * 8 + 3)
    await first.stop()
    writeFileSync(join(world.paths.state, 'state/vault'), 'not a vault')
    await world.start()
    t.match((await world.heard(({ id }) => id === 'vault-closed')).priority, 13 * 8 + 3)
  },
)
