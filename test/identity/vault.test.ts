import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type RecordChange, type Vault, type VaultChange, initVault, openVault } from '../../src/identity/index.ts'
import { realRandom } from '../../src/platform/index.ts'
import { onRecord, put } from '../support/vaults.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'

function place(t: { teardown(run: () => void): void }) {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-vault-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const files = { file: join(folder, 'state', 'vault'), keyFile: join(folder, 'vault.key'), credential: undefined }
  return {
    ...files,
    folder,
    open: (changes: Partial<typeof files> | { credential: string } = {}) => openVault({ ...files, ...changes }, virtualClock(), realRandom),
  }
}

t.test('a password goes in, is there after a restart, and stands nowhere in clear [S-14] [S-17] [CR 4.1]', async (t) => {
  const { open, file, keyFile } = place(t)
  const vault = open()
  t.equal(vault.passwordOf('Q1', 'operator'), undefined)
  t.match(await put(vault, 'Q1', 'operator', 'Zq7x', 'four-characters'), { kind: 'changed', factory: false })
  t.match(await put(vault, 'Q1', 'operator', 'Yp6w', 'four-characters'), { kind: 'changed' }, 'the new one stands for the old one')
  const again = open()
  t.equal(again.passwordOf('Q1', 'operator'), 'Yp6w')
  t.equal(again.passwordOf('Q1', 'administrator'), undefined)
  t.equal(again.passwordOf('Q2', 'operator'), undefined)
  const bytes = readFileSync(file).toString('latin1')
  for (const secret of ['Yp6w', 'Zq7x', 'operator', Buffer.from('"Yp6w').toString('base64').slice(0, 6)])
    t.notOk(bytes.includes(secret), secret)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(statSync(keyFile).mode & 0o777, 0o600)
  t.notMatch(JSON.stringify(again.list()), /Yp6w/)
  t.match(again.list(), [{ breaker: 'Q1', level: 'operator', factory: false }])
  t.match(await again.remove('Q1', 'operator', onRecord), { kind: 'changed' })
  t.match(await again.remove('Q1', 'operator', onRecord), { kind: 'refused', why: /no operator password of Q1/ })
  t.equal(open().list().length, 0)
})

t.test('only four characters 0-9, a-z, A-Z are a password, and the factory ones are marked [S-20] [S-01]', async (t) => {
  const vault = place(t).open()
  const table: readonly (readonly [string, boolean])[] = [
    ['aZ09', true],
    ['abc', false],
    ['abcde', false],
    ['', false],
    ['ab c', false],
    ['ab-c', false],
    ['äbcd', false],
    ['abc\n', false],
  ]
  for (const [password, good] of table)
    t.equal((await put(vault, 'Q1', 'engineer', password, 'four-characters')).kind, good ? 'changed' : 'refused', JSON.stringify(password))
  t.match(await put(vault, 'Q1', 'engineer', 'a-b-', 'four-characters'), { why: /the digits 0 to 9/ })
  t.notMatch(JSON.stringify(await put(vault, 'Q1', 'engineer', 'a-b-', 'four-characters')), /a-b-/, 'a refusal does not repeat it')
  for (const [level, password] of [
    ['administrator', '0000'],
    ['services', '1111'],
    ['engineer', '2222'],
    ['operator', '3333'],
  ] as const)
    t.match(await put(vault, 'Q1', level, password, 'four-characters'), { kind: 'changed', factory: true })
  t.match(await put(vault, 'Q1', 'operator', '0000', 'four-characters'), { factory: false }, 'of another profile')
})

t.test('a vault that cannot be trusted is closed, says why, and is not overwritten [CR 3.6]', async (t) => {
  const { open, file, keyFile, folder } = place(t)
  await put(open(), 'Q1', 'operator', 'Zq7x', 'four-characters')
  const before = readFileSync(file)
  const key = readFileSync(keyFile)

  const closed = async (why: RegExp): Promise<void> => {
    const vault = open()
    t.match(vault.state, { kind: 'closed', why })
    t.equal(vault.passwordOf('Q1', 'operator'), undefined)
    t.match(await put(vault, 'Q1', 'operator', 'aaaa', 'four-characters'), { kind: 'refused', why: /the vault is closed/ })
    t.same(readFileSync(file), before)
  }
  writeFileSync(keyFile, `${'ab'.repeat(32)}\n`)
  await closed(/does not open with this key/)
  writeFileSync(keyFile, 'no key\n')
  await closed(/is not a key of 64 hexadecimal digits/)
  writeFileSync(keyFile, key)
  chmodSync(keyFile, 0o640)
  await closed(/mode 0640, others may read it: chmod 600/)
  rmSync(keyFile)
  await closed(/is not there, and .* opens with it only/)
  writeFileSync(keyFile, key, { mode: 0o600 })
  const stored = JSON.parse(before.toString('utf8')) as { data: string }
  const damaged = Buffer.from(stored.data, 'base64')
  damaged[0] = (damaged[0] ?? 0) ^ 1
  writeFileSync(file, JSON.stringify({ ...stored, data: damaged.toString('base64') }))
  t.match(open().state, { kind: 'closed', why: /does not open/ }, 'one bit was changed')
  writeFileSync(file, before.subarray(0, 20))
  t.match(open().state, { kind: 'closed', why: /is damaged/ })
  writeFileSync(file, before)
  t.equal(open().passwordOf('Q1', 'operator'), 'Zq7x', 'and with everything in place it opens')
  t.match(initVault(keyFile, realRandom), { kind: 'failed' }, 'a key is never overwritten')
  t.equal(initVault(join(folder, 'new.key'), realRandom), 'written')
})

t.test('a key that systemd brings is taken before the key file', async (t) => {
  const { open, folder } = place(t)
  const credential = join(folder, 'credential')
  writeFileSync(credential, `${'cd'.repeat(32)}\n`, { mode: 0o440 }) // as systemd leaves it where it uses an access list
  t.match(await put(open({ credential }), 'Q1', 'operator', 'Zq7x', 'four-characters'), { kind: 'changed' })
  t.equal(open({ credential }).passwordOf('Q1', 'operator'), 'Zq7x')
  t.equal(open().state.kind, 'closed')
})

t.test('a vault that cannot be written says so and keeps what it had', async (t) => {
  const { open, file, folder } = place(t)
  writeFileSync(join(folder, 'not-a-folder'), '')
  const vault = open({ file: join(folder, 'not-a-folder', 'vault') })
  t.match(await put(vault, 'Q1', 'operator', 'Zq7x', 'four-characters'), { kind: 'refused', why: /the vault was not changed/ })
  t.equal(vault.passwordOf('Q1', 'operator'), undefined)
  t.throws(() => readFileSync(file))
})

t.test('a MicroLogic Active has one long password with rules of its own [S-19]', async (t) => {
  const vault = place(t).open()
  const table: readonly (readonly [string, RegExp | 'good'])[] = [
    ['Switch-room 7', 'good'],
    ['Switch-room 7', /the one that is there already/],
    ['Another one~', 'good'],
    ['Short1a', /takes 8 to 32/],
    [`Aa${'x'.repeat(31)}`, /takes 8 to 32/],
    [`Aa${'x'.repeat(30)}`, 'good'],
    ['all lower case', /an upper and a lower/],
    ['ALL UPPER CASE', /an upper and a lower/],
    ['Umlaut äöü', /ASCII/],
    ['The Operator 1', 'good'],
    ['My SecurityAdmin 1', /the name of its user, SecurityAdmin, is in it/],
    ['xsecurityadminX', /name of its user/],
  ]
  for (const [password, verdict] of table) {
    const said = await put(vault, 'Q7', 'operator', password, 'micrologic-active')
    if (verdict === 'good') t.match(said, { kind: 'changed' }, password)
    else t.match(said, { kind: 'refused', why: verdict }, password)
  }
  t.match(await put(vault, 'Q7', 'operator', 'My SecurityAdmin 1', 'micrologic-active', 'Plant7'), { kind: 'changed' })
  t.match(await put(vault, 'Q7', 'operator', 'The plant7 key', 'micrologic-active', 'Plant7'), { kind: 'refused', why: /Plant7, is in it/ })
})

t.test('the same password entered again is no newer: it goes on being reported as old [S-16]', async (t) => {
  const { file, keyFile } = place(t)
  const clock = virtualClock()
  const vault = openVault({ file, keyFile, credential: undefined }, clock, realRandom)
  await put(vault, 'Q1', 'operator', 'Zq7x', 'four-characters')
  const [entry] = vault.list()
  clock.advance(400 * 86_400_000)
  t.match(await put(vault, 'Q1', 'operator', 'Zq7x', 'four-characters'), { kind: 'refused', why: /there already, of the same age/ })
  t.equal(vault.list()[0]?.changed, entry?.changed)
  t.match(await put(vault, 'Q1', 'operator', 'Zq7y', 'four-characters'), { kind: 'changed' })
  t.not(vault.list()[0]?.changed, entry?.changed)
})

t.test('a new key takes over, also when the rotation is cut at any instant [S-17]', async (t) => {
  const { open, file, keyFile } = place(t)
  await put(open(), 'Q1', 'operator', 'Zq7x', 'four-characters')
  const before = { file: readFileSync(file), key: readFileSync(keyFile) }
  const vault = open()
  t.match(await vault.rotateKey(onRecord), { kind: 'changed' })
  const after = { file: readFileSync(file), key: readFileSync(keyFile) }
  t.notSame(after.key, before.key)
  t.equal(open().passwordOf('Q1', 'operator'), 'Zq7x')
  t.equal(statSync(keyFile).mode & 0o777, 0o600)
  await put(vault, 'Q1', 'engineer', 'aB3d', 'four-characters')
  t.equal(open().passwordOf('Q1', 'engineer'), 'aB3d', 'it goes on with the new key')

  writeFileSync(file, before.file)
  t.match(open().state, { kind: 'closed' }, 'the new key opens nothing old')
  // Cut after the next key was written, before anything was sealed with it.
  writeFileSync(keyFile, before.key)
  writeFileSync(`${keyFile}.next`, after.key, { mode: 0o600 })
  t.equal(open().passwordOf('Q1', 'operator'), 'Zq7x')
  // Cut after the vault was sealed anew, before the key took its place.
  writeFileSync(file, after.file)
  t.equal(open().passwordOf('Q1', 'operator'), 'Zq7x')
  t.same(readFileSync(keyFile), after.key, 'the rotation is finished at the next start')
})

t.test(
  'a change whose event is on record holds at the next start, and one without is gone, also when it is cut before the renaming',
  async (t) => {
    const { open, file, keyFile, folder } = place(t)
    await put(open(), 'Q1', 'operator', 'Zq7x')
    let [change, before] = ['', '']
    const cut: RecordChange = (next, last) => {
      ;[change, before] = [next, last]
      cpSync(join(folder, 'state'), join(folder, 'cut'), { recursive: true })
      cpSync(keyFile, join(folder, 'cut.key'))
      if (existsSync(`${keyFile}.next`)) cpSync(`${keyFile}.next`, join(folder, 'cut.key.next'))
      return Promise.resolve(true)
    }
    const whole = { breaker: 'Q1', level: 'operator', password: 'Ab1x', rule: 'four-characters' } as const
    const changes: readonly (readonly [string, (vault: Vault) => Promise<VaultChange>, string])[] = [
      ['set', (vault) => vault.set(whole, cut), 'Ab1x'],
      ['rotated', (vault) => vault.rotateKey(cut), 'Ab1x'],
    ]
    for (const [name, run, after] of changes) {
      const passwordBefore = open().passwordOf('Q1', 'operator')
      t.match(await run(open()), { kind: 'changed' }, name)
      const [state, key] = [join(folder, `${name}-state`), join(folder, `${name}.key`)]
      for (const [last, password] of [
        [before, passwordBefore],
        [change, after],
      ]) {
        cpSync(join(folder, 'cut'), state, { recursive: true })
        cpSync(join(folder, 'cut.key'), key)
        if (existsSync(join(folder, 'cut.key.next'))) cpSync(join(folder, 'cut.key.next'), `${key}.next`)
        for (const start of ['first', 'second']) {
          const files = { file: join(state, 'vault'), keyFile: key, credential: undefined }
          const vault = openVault(files, virtualClock(), realRandom, { kind: 'known', change: last ?? '' })
          t.match(vault, { state: { kind: 'open' }, recorded: { kind: 'as-recorded' } }, `${name}, ${start} start`)
          t.equal(vault.passwordOf('Q1', 'operator'), password)
        }
      }
    }
    t.match(openVault({ file, keyFile, credential: undefined }, virtualClock(), realRandom, { kind: 'known', change: 'other' }).recorded, {
      kind: 'other',
    })
  },
)

t.test('a vault whose file is gone says so once; an empty credential closes it', async (t) => {
  const { open, file, folder, keyFile } = place(t)
  await put(open(), 'Q1', 'operator', 'Zq7x')
  rmSync(file)
  const start = (change: string): Vault =>
    openVault({ file, keyFile, credential: undefined }, virtualClock(), realRandom, { kind: 'known', change })
  t.same(start('the last change').recorded, { kind: 'other', change: '' })
  t.same(start('').recorded, { kind: 'as-recorded' }, 'what was told of is what is known then')
  const credential = join(folder, 'credential')
  writeFileSync(credential, '', { mode: 0o440 })
  t.match(open({ credential }).state, { kind: 'closed', why: /credential is empty or not there/ })
})

t.test('a change that a silent journal may still record keeps its file beside until that is known', async (t) => {
  const { file, keyFile } = place(t)
  const journal = { takes: true }
  const settings = { file, keyFile, credential: undefined, ready: () => Promise.resolve(journal.takes) }
  const vault = openVault(settings, virtualClock(), realRandom)
  await put(vault, 'Q1', 'operator', 'Zq7x')
  let first = ''
  const silent: RecordChange = (change) => {
    first = change
    journal.takes = false
    return Promise.resolve(false)
  }
  const fresh = { breaker: 'Q1', level: 'operator', rule: 'four-characters' } as const
  t.match(await vault.set({ ...fresh, password: 'Ab1x' }, silent), { kind: 'refused' })
  t.match(await vault.set({ ...fresh, password: 'Cd2y' }, onRecord), { kind: 'refused' }, 'nothing is written while it is not known')
  t.match(await vault.rotateKey(onRecord), { kind: 'refused' })
  const cut = openVault(settings, virtualClock(), realRandom, { kind: 'known', change: first })
  t.match(cut, { state: { kind: 'open' }, recorded: { kind: 'as-recorded' } }, 'the event came late, and then the power failed')
  t.equal(cut.passwordOf('Q1', 'operator'), 'Ab1x')
})
