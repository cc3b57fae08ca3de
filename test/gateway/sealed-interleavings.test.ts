import t, { type Test } from 'tap'
import { openChecklist } from '../../src/gateway/control/checklist.ts'
import { SEALED_PEOPLE, SEALED_VAULT, journalReady, lastRecorded, recordChange } from '../../src/gateway/control/sealed-changes.ts'
import { type VaultStore, openVaultStore } from '../../src/gateway/control/vault-store.ts'
import { type SecurityEvent, event } from '../../src/events/index.ts'
import { type People, openPeople, openVault } from '../../src/identity/index.ts'
import { recordedFile } from '../../src/identity/vault/recorded-file.ts'
import { writeKey } from '../../src/identity/vault/sealed-file.ts'
import { realRandom } from '../../src/platform/index.ts'
import { type Confirmed, type Explored, explore } from '../support/interleavings.ts'
import { usualPeople } from '../support/people.ts'
import { rightsOf } from '../support/rights.ts'
import type { ScriptedFiles } from '../support/scripted-disk.ts'

// Some thousand runs of two actions, each file of which may also be the last that is written.
t.setTimeout(300_000)

const text = (told: SecurityEvent, name: keyof SecurityEvent['fields']): string => String(told.fields[name] ?? '')
const by = { name: 'root', source: 'here' }

/** Without the changes that a silent disk wrote after they had been given up: `record-overdue` names each. */
function inEffect(events: readonly SecurityEvent[]): readonly SecurityEvent[] {
  const left: SecurityEvent[] = []
  for (const one of events) {
    if (one.id !== 'record-overdue') left.push(one)
    else {
      const at = left.findLastIndex(({ text: told }) => told === text(one, 'operation'))
      if (at >= 0) left.splice(at, 1)
    }
  }
  return left
}

type Vaults = { readonly book: VaultStore; readonly files: ScriptedFiles; readonly recorded: string }
// The password stands as the name of who sets it, so that the events alone tell it.
const set = ({ book }: Vaults, password: string): Promise<Confirmed> => book.set('Q1', 'operator', password, password).then(confirmed)
const confirmed = ({ kind }: { readonly kind: string }): Confirmed => (kind === 'refused' ? 'no' : 'done')

const vaults: Explored<Vaults> = {
  async open(journal, clock, files) {
    const last = lastRecorded((await journal.states(SEALED_VAULT)).get(SEALED_VAULT))
    const vault = openVault(
      { file: 'vault', keyFile: 'vault.key', credential: undefined, files, ready: journalReady(journal) },
      clock,
      realRandom,
      last,
    )
    const book = openVaultStore(vault, { journal, clock, ruleOf: () => 'four-characters', accountOf: () => undefined })
    return { book, files, recorded: `${vault.state.kind}, ${vault.recorded.kind}` }
  },
  close: ({ book }) => book.close(),
  view: ({ book, recorded }) => ({ password: book.passwordOf('Q1', 'operator') ?? 'none', recorded }),
  bars: () => [],
  told(events) {
    const last = inEffect(events).findLast((one) => one.id === 'vault-changed' && !text(one, 'reason').includes('key'))
    const password = last === undefined || text(last, 'reason').includes('removed') ? 'none' : text(last, 'subject')
    return { password, recorded: 'open, as-recorded' }
  },
  // Longer than a silent disk is waited for: its answer may come after that.
  ticks: 1,
  tickMs: 5100,
  before: { empty: () => undefined, 'a password': (book) => set(book, 'Zz9z') },
  actions: {
    'set one': (book) => set(book, 'Ab1x'),
    'set another': (book) => set(book, 'Cd2y'),
    remove: ({ book }) => book.remove('Q1', 'operator', 'ana').then(confirmed),
    'new key': ({ book }) => book.rotateKey('ana').then(confirmed),
    'set, the file is refused'(book) {
      book.files.refuseNext('write')
      return set(book, 'Ef3z')
    },
    'new key, a renaming is refused'({ book, files }) {
      files.refuseNext('rename')
      return book.rotateKey('ana').then(confirmed)
    },
  },
}

type Users = { readonly people: People; readonly files: ScriptedFiles; token: string }
const user = (name: string, role: string) => ({
  id: name,
  name,
  role,
  state: 'active',
  createdMs: 0,
  lastLoginMs: 'never',
  totp: 'none',
  passkeys: [],
  pin: 'none',
  password: { hash: '', setMs: 0, mustChange: false, history: [] },
})
const first = { users: [user('ana', 'SecurityAdmin'), user('bob', 'Operator')], services: [] }

const users: Explored<Users> = {
  async open(journal, clock, files) {
    if (!files.has('people')) {
      const key = realRandom.bytes(32)
      writeKey('people.key', key, files)
      recordedFile(
        { path: 'people', format: 'breakwall-people-1', files, random: realRandom, ready: () => Promise.resolve(true) },
        { key, change: '', at: 'place' },
      ).make(first)
    }
    const people = openPeople({
      clock,
      random: realRandom,
      files: { file: 'people', keyFile: 'people.key', credential: undefined, files, ready: journalReady(journal) },
      settings: () => usualPeople,
      rights: () => rightsOf({ SecurityAdmin: [], Operator: ['monitor', 'control'], Viewer: ['monitor'] }),
      record: (id, fields, change, before) => recordChange(journal, event(id, fields), SEALED_PEOPLE)(change, before),
      note: (id, fields) => journal.note(event(id, fields)),
      attempts: { text: undefined, write: () => Promise.resolve('written') },
      last: lastRecorded((await journal.states(SEALED_PEOPLE)).get(SEALED_PEOPLE)),
      party: () => 'none',
    })
    return { people, files, token: '' }
  },
  close: ({ people }) => people.close(),
  view: ({ people }) => ({
    users: people.accounts.list().map(({ name, role, state }) => `${name} ${role} ${state}`),
    scripts: people.services.list().map(({ name }) => name),
    recorded: `${people.state.kind}, ${people.recorded.kind}`,
  }),
  bars: () => [],
  told(events) {
    const found = new Map(first.users.map(({ name, role, state }) => [name, { role, state }]))
    const scripts = new Set<string>()
    for (const one of inEffect(events)) {
      const [name, reason] = [text(one, 'user'), text(one, 'reason')]
      const before = found.get(name) ?? { role: '', state: '' }
      if (one.id === 'user-disabled') found.set(name, { ...before, state: 'disabled' })
      if (one.id === 'user-changed' && reason === 'enabled') found.set(name, { ...before, state: 'active' })
      if (one.id === 'user-changed' && reason !== 'enabled') found.set(name, { ...before, role: reason.split(' ').at(-1) ?? '' })
      if (one.id === 'user-deleted') found.delete(name)
      if (one.id === 'service-created') scripts.add(name)
      if (one.id === 'service-removed') scripts.delete(name)
    }
    const listed = [...found].map(([name, { role, state }]) => `${name} ${role} ${state}`)
    return { users: listed, scripts: [...scripts], recorded: 'open, as-recorded' }
  },
  ticks: 1,
  tickMs: 5100,
  before: {
    'two users': () => undefined,
    'a script': (book) => createScript(book),
  },
  actions: {
    disable: ({ people }) => people.accounts.disable('bob', by).then(confirmed),
    enable: ({ people }) => people.accounts.enable('bob', by).then(confirmed),
    'make an administrator': ({ people }) => people.accounts.setRole('bob', 'SecurityAdmin', by).then(confirmed),
    'disable the administrator': ({ people }) => people.accounts.disable('ana', by).then(confirmed),
    remove: ({ people }) => people.accounts.remove('bob', by).then(confirmed),
    'create a script': (book) => createScript(book),
    'remove the script': ({ people }) => people.services.remove('script', by).then(confirmed),
    // Writes the file without an event.
    'use the token': ({ people, token }) => Promise.resolve(people.services.use(token) === 'none' ? 'no' : 'done'),
    'disable, the file is refused'({ people, files }) {
      files.refuseNext('write')
      return people.accounts.disable('bob', by).then(confirmed)
    },
    'disable, the renaming is refused'({ people, files }) {
      files.refuseNext('rename')
      return people.accounts.disable('bob', by).then(confirmed)
    },
  },
}
const createScript = (book: Users): Promise<Confirmed> =>
  book.people.services.create('script', ['look'], '', 30, by).then((made) => {
    if (made.kind === 'token') book.token = made.token
    return confirmed(made)
  })

type Checklists = Awaited<ReturnType<typeof openChecklist>>
const sign = (book: Checklists, who: string): Promise<Confirmed> =>
  book.sign({ breaker: 'Q1', item: 'cables', family: 'none', by: who, note: '' }).then((done) => (done === 'signed' ? 'done' : 'no'))
const checklists: Explored<Checklists> = {
  open: (journal, clock) => openChecklist(journal, clock),
  view(book) {
    const found = book.signed('Q1', 'cables')
    return { by: found === 'never' ? 'nobody' : found.by }
  },
  bars: () => [],
  told(events) {
    const last = events.findLast(({ id }) => id === 'checklist-signed')
    return { by: last === undefined ? 'nobody' : text(last, 'subject') }
  },
  ticks: 1,
  before: { nothing: () => undefined, signed: (book) => sign(book, 'eve') },
  actions: { ana: (book) => sign(book, 'ana'), bob: (book) => sign(book, 'bob') },
}

async function looks<Book>(t: Test, name: string, store: Explored<Book>, least: number): Promise<void> {
  const faults: string[] = []
  const count = await explore(store, (what) => faults.push(what))
  t.comment(`${name}: ${count} interleavings`)
  t.ok(count >= least, `${count} interleavings of two actions, the disk's answers and time`)
  t.same(faults.slice(0, 5), [], `${faults.length} of them go wrong`)
}

t.test('memory, files and events agree whatever overtakes what: passwords of breakers', (t) => looks(t, 'vault', vaults, 500))
t.test('memory, files and events agree whatever overtakes what: users and scripts', (t) => looks(t, 'users', users, 1000))
t.test('memory, disk and events agree whatever overtakes what: checklist', (t) => looks(t, 'checklist', checklists, 100))
