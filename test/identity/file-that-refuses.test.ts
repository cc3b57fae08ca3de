import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openVaultStore } from '../../src/gateway/control/vault-store.ts'
import { openVault } from '../../src/identity/index.ts'
import { realRandom } from '../../src/platform/index.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { by, somePeople } from '../support/people.ts'
import { emptyDisk, scriptedJournal, settled } from '../support/scripted-disk.ts'

t.test('what the file of the users does not take is on no record either, for each kind of change', async (t) => {
  const some = somePeople(t)
  const { people, folder, events } = some
  t.equal((await people().accounts.create('boss', 'SecurityAdmin', by)).kind, 'created')
  t.equal((await people().accounts.create('ben', 'Operator', by)).kind, 'created')
  t.equal((await people().services.create('script', ['look'], '', 30, by)).kind, 'token')
  const before = { users: people().accounts.list(), services: people().services.list() }
  mkdirSync(join(folder, 'people.next.new')) // no file can be made there
  const changes = [
    () => people().accounts.create('eve', 'Operator', by),
    () => people().accounts.setRole('ben', 'Viewer', by),
    () => people().accounts.disable('ben', by),
    () => people().accounts.reset('ben', by),
    () => people().accounts.remove('ben', by),
    () => people().services.create('other', ['look'], '', 30, by),
    () => people().services.remove('script', by),
  ]
  for (const change of changes) {
    const from = events.length
    t.equal((await change()).kind, 'refused')
    t.equal(events.length, from)
  }
  t.same({ users: people().accounts.list(), services: people().services.list() }, before)
  some.restart()
  t.same({ users: people().accounts.list(), services: people().services.list() }, before)
})

t.test('two scripts or a script and a user who are given the same name at once: one gets it', async (t) => {
  const { people } = somePeople(t)
  const both = await Promise.all([
    people().services.create('same', ['look'], '', 30, by),
    people().services.create('same', ['look'], '', 30, by),
  ])
  t.same(both.map(({ kind }) => kind).sort(), ['refused', 'token'])
  const mixed = await Promise.all([people().accounts.create('twin', 'Viewer', by), people().services.create('twin', ['look'], '', 30, by)])
  t.same(mixed.map(({ kind }) => kind).sort(), ['created', 'refused'])
})

t.test('a change of the vault is on record before it holds; while the disk refuses it is refused, and nothing has changed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-vault-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const clock = virtualClock()
  const disk = emptyDisk()
  const { journal, answer } = scriptedJournal(clock, disk)
  const vault = openVault({ file: join(folder, 'vault'), keyFile: join(folder, 'key'), credential: undefined }, clock, realRandom)
  const book = openVaultStore(vault, { journal, clock, ruleOf: () => 'four-characters', accountOf: () => undefined })
  t.teardown(() => book.close())
  const changes = [() => book.set('Q1', 'operator', 'Ab1x', 'ana'), () => book.rotateKey('ana'), () => book.remove('Q1', 'operator', 'ana')]
  for (const change of changes) {
    const before = JSON.stringify(book.list())
    let said = 'nothing'
    const changed = change().then(({ kind }) => (said = kind))
    await settled()
    t.equal(said, 'nothing', 'nobody is told before the disk has answered')
    t.equal(JSON.stringify(book.list()), before)
    answer('ok')
    t.equal(await changed, 'changed')
    t.equal(disk.events.at(-1)?.id, 'vault-changed')
  }
  const refused = book.set('Q1', 'operator', 'Ab1x', 'ana')
  await settled()
  answer('refuse')
  t.match(await refused, { kind: 'refused', why: /the journal cannot be written/ })
  t.same(book.list(), [])
})
