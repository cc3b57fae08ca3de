import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { readRegularFile, writeWhole } from '../../src/platform/index.ts'
import { onShortDisk, tempFolder } from '../support/short-writes.ts'

const source = (file: string): string => JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../src', file)).href)
const platform = `import { realClock, realRandom } from ${source('platform/index.ts')}\n`
const folderIs = 'const folder = process.argv[2]\n'

/** What writes a file that must be whole; prints what it answered to a small file, and to one that has no room. */
const writers: readonly { readonly name: string; readonly file: string; readonly module: string }[] = [
  {
    name: 'a register, a list, a key or a certificate of the authority',
    file: 'register.json',
    module: `import { writeWhole } from ${source('identity/pki/register.ts')}
${folderIs}const attempt = (text) => { try { writeWhole(folder + '/register.json', text); return 'written' } catch { return 'refused' } }
console.log(JSON.stringify([attempt('x'.repeat(4000)), attempt('y'.repeat(9000))]))`,
  },
  {
    name: 'the vault',
    file: 'vault',
    module: `${platform}import { openVault } from ${source('identity/index.ts')}
${folderIs}const files = { file: folder + '/vault', keyFile: folder + '/vault.key', credential: undefined }
const vault = openVault(files, realClock, realRandom)
const set = (breaker) => vault.set({ breaker, level: 'operator', password: '1234', rule: 'four-characters' }, () => Promise.resolve(true))
const attempt = async (breaker) => (await set(breaker)).kind === 'changed' ? 'written' : 'refused'
console.log(JSON.stringify([await attempt('Q1'), await attempt('Q'.repeat(9000))]))`,
  },
  {
    name: 'the users',
    file: 'people',
    module: `${platform}import { openPeopleStore } from ${source('identity/people/store.ts')}
${folderIs}const files = { file: folder + '/people', keyFile: folder + '/people.key', credential: undefined }
const store = openPeopleStore(files, realRandom, { usedBefore: false, last: { kind: 'unknown' } })
const attempt = async (name) => (await store.rewrite(() => ({ users: [{ name }], services: [] }))) === 'written' ? 'written' : 'refused'
console.log(JSON.stringify([await attempt('ana'), await attempt('a'.repeat(9000))]))`,
  },
]

for (const { name, file, module } of writers)
  t.test(`a nearly full disk leaves ${name} as before, and says that it was not written [CR 7.4]`, (t) => {
    const folder = tempFolder(t)
    t.same(onShortDisk(module, folder), ['written', 'refused'])
    t.ok(readFileSync(join(folder, file)).length > 0)
    t.equal(readFileSync(join(folder, file), 'utf8').at(-1), file === 'register.json' ? 'x' : '\n', 'it ends where it ended')
    t.same(
      readdirSync(folder).filter((one) => one.endsWith('.new')),
      [],
      'no part of the new one is left',
    )
    t.end()
  })

t.test('a key that a full disk does not take leaves no empty file, and is made once there is room [CR 7.4]', (t) => {
  const folder = tempFolder(t)
  const module = `import { openKey } from ${source('journal/files.ts')}
${platform}import { openPeopleStore } from ${source('identity/people/store.ts')}
${folderIs}const files = { file: folder + '/people', keyFile: folder + '/people.key', credential: undefined }
console.log(JSON.stringify([openKey(folder, undefined).kind, openPeopleStore(files, realRandom, { usedBefore: false, last: { kind: 'unknown' } }).state.kind]))`
  // Empty files, as a version before this one left them.
  for (const name of ['journal.key', 'people.key']) writeFileSync(join(folder, name), '', { mode: 0o600 })
  t.same(onShortDisk(module, folder, 0), ['not-made', 'closed'])
  t.same(
    readdirSync(folder).filter((name) => readFileSync(join(folder, name)).length === 0 && name !== 'people.key'),
    [],
  )
  t.same(onShortDisk(module, folder), ['key', 'open'])
  t.end()
})

t.test('a new file never takes the place of another', (t) => {
  const folder = tempFolder(t)
  const path = join(folder, 'key')
  writeWhole(path, 'first', { mode: 0o600, how: 'new', owner: 'own' })
  t.throws(() => writeWhole(path, 'second', { mode: 0o600, how: 'new', owner: 'own' }), { code: 'EEXIST' })
  t.equal(readFileSync(path, 'utf8'), 'first')
  t.notOk(existsSync(`${path}.new`))
  t.end()
})

t.test('only regular files are read: a pipe, a device, a folder or a link that leads nowhere is refused at once [CR 7.1]', (t) => {
  const folder = tempFolder(t)
  const at = (name: string): string => join(folder, name)
  writeFileSync(at('file'), 'words')
  symlinkSync('file', at('link'))
  execFileSync('mkfifo', [at('pipe')])
  mkdirSync(at('folder'))
  symlinkSync('nothing', at('dangling'))
  symlinkSync('loop', at('loop'))
  t.equal(readRegularFile(at('file')).toString('utf8'), 'words')
  t.equal(readRegularFile(at('link')).toString('utf8'), 'words')
  const refused: readonly (readonly [path: string, code: string])[] = [
    [at('pipe'), 'ENOTFILE'],
    ['/dev/zero', 'ENOTFILE'],
    [at('folder'), 'EISDIR'],
    [at('dangling'), 'ELOOP'],
    [at('loop'), 'ELOOP'],
    [at('none'), 'ENOENT'],
  ]
  for (const [path, code] of refused) t.throws(() => readRegularFile(path), { code }, path)
  t.throws(() => readRegularFile(at('file'), 4), { code: 'EFBIG' })
  t.end()
})
