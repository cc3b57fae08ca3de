import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { type Loaded, loadSite } from '../../../src/config/index.ts'
import { startGateway } from '../../../src/gateway/index.ts'
import { checkSite } from '../../../src/admin/offline/index.ts'
import { realClock, realRandom } from '../../../src/platform/index.ts'
import { type BrokenFile, brokenFiles, fineFiles, inFolder, makeFiles, siteOfFiles, worrisomeFiles } from '../../support/broken-files.ts'
import { runMend } from '../../support/run-mend.ts'
import { skipWithoutOpenssl as skip } from '../../support/openssl.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwall-files-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const good = join(folder, 'good')
const here = join(folder, 'site')
const config = join(here, 'breakwall.toml')
const at = inFolder(here)
await makeFiles(good)
writeFileSync(join(good, 'breakwall.toml'), siteOfFiles)

const lineOf = (text: string): number => siteOfFiles.slice(0, siteOfFiles.indexOf(text)).split('\n').length
/** The files as they were, and then what somebody did to them. */
function set({ spoil }: Pick<BrokenFile, 'spoil'>): void {
  for (const name of ['gateway', 'console', 'receiver', 'sender', 'site-ca'])
    for (const ending of ['crt', 'key', 'crl']) rmSync(at(`${name}.${ending}`), { force: true, recursive: true })
  rmSync(at('vault.key'), { force: true })
  cpSync(good, here, { recursive: true })
  spoil(at)
}
const check = (): Loaded => checkSite(config, realClock)
const site = () => {
  const loaded = loadSite(config)
  if (loaded.kind === 'problems') throw new Error(JSON.stringify(loaded.problems))
  return loaded.site
}
const start = () =>
  startGateway(site(), {
    clock: realClock,
    random: realRandom,
    log: { info: () => undefined, warn: () => undefined },
    hostName: 'test',
    pid: 1,
    version: '1.2.3',
    clockSynchronised: () => 'unknown' as const,
    vaultCredential: undefined,
    peopleCredential: undefined,
    authorityCredential: undefined,
    journalCredential: undefined,
  })

t.test(
  'check, the start and a reload say the same of each broken file; the command that check names mends it [CR 1.8]',
  { skip },
  async (t) => {
    set({ spoil: () => undefined })
    const running = await start()
    if ('kind' in running) throw new Error(running.why)
    t.teardown(() => running.stop('test'))
    for (const one of brokenFiles) {
      set(one)
      const found = check()
      if (found.kind === 'site') {
        t.fail(`${one.what}: check found nothing`)
        continue
      }
      const problem = found.problems.find(({ line }) => line === lineOf(one.line))
      t.match(problem?.text, one.says, one.what)
      const texts = found.problems.map(({ text }) => text)
      const started = await start()
      const reloaded = await running.reload(site(), 'test')
      if (!('kind' in started) || reloaded.kind === 'reloaded') {
        t.fail(`${one.what}: the gateway takes it`)
        if (!('kind' in started)) await started.stop('test')
        continue
      }
      t.equal(started.why, reloaded.why, `${one.what}: start and reload`)
      const said = started.why.replace(/^[a-z]+ "[^"]+": /, '')
      t.ok(
        texts.some((text) => text.startsWith(said)),
        `${one.what}: check says what the start says: ${said} | ${texts.join(' | ')}`,
      )
      if (one.mended === undefined) continue
      runMend(problem?.text ?? '', at(one.mended))
      t.equal(check().kind, 'site', `${one.what}: the command mends it`)
    }
  },
)

t.test('a key of the journal that others can read, or that is none, is found before every operation is denied', (t) => {
  set({ spoil: () => undefined })
  t.teardown(() => rmSync(at('state'), { recursive: true, force: true }))
  mkdirSync(at('state'), { recursive: true })
  const encrypted = generateKeyPairSync('ed25519').privateKey.export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  })
  for (const [text, mode, says] of [
    ['', 0o600, /journal.key is not an Ed25519 key in PEM/],
    [encrypted, 0o600, /journal.key is encrypted, and there is no passphrase for it/],
    ['', 0o644, /others may read .*journal.key: chmod 600/],
  ] as const) {
    rmSync(at('state/journal.key'), { force: true })
    writeFileSync(at('state/journal.key'), text)
    chmodSync(at('state/journal.key'), mode)
    const found = check()
    t.match(found, { kind: 'site', warnings: [{ line: lineOf('directory = "state"'), text: says }] })
  }
  rmSync(at('state'), { recursive: true })
  writeFileSync(at('state'), '')
  t.match(check(), { kind: 'problems', problems: [{ text: /state is a file, expected a folder/ }] })
  t.end()
})

t.test('files of the pages keep the pages from starting, not the gateway', { skip }, async (t) => {
  set({ spoil: () => writeFileSync(at('console.crt'), '') })
  const says = /console.crt: the file is empty/
  t.match(check(), { kind: 'problems', problems: [{ line: lineOf('certificate = "console.crt"'), text: says }] })
  const found = checkSite(config, realClock, 'gateway')
  t.equal(found.kind, 'site')
  t.ok(
    found.warnings.some(({ text }) => says.test(text)),
    JSON.stringify(found.warnings),
  )
  const started = await start()
  if ('kind' in started) return t.fail(started.why)
  return started.stop('test')
})

t.test('what the user of the service cannot read is said to root', { skip: process.getuid?.() !== 0 }, (t) => {
  set({ spoil: () => undefined })
  t.teardown(() => rmSync(at('state'), { recursive: true, force: true }))
  mkdirSync(at('state'), { recursive: true })
  chownSync(at('state'), 4711, 4711)
  chmodSync(folder, 0o755)
  chmodSync(here, 0o755)
  const texts = () => check().warnings.map(({ text }) => text)
  const first = texts()
  t.ok(
    first.some((text) => text.includes(`gateway.key: the service (user 4711, who owns ${at('state')}) may not read it: chown 4711`)),
    first.join(' | '),
  )
  t.notOk(first.some((text) => text.startsWith(`${at('gateway.crt')}: the service`)))
  for (const name of ['gateway.key', 'sender.key']) chownSync(at(name), 4711, 4711)
  const left = texts()
  t.notOk(
    left.some((text) => text.includes('the service')),
    left.join(' | '),
  )
  chmodSync(here, 0o700)
  t.match(texts().join('\n'), /may not enter .*site: chown 4711/)
  chmodSync(here, 0o755)
  t.end()
})

t.test('what the gateway runs with is a warning at its line, and it runs [CR 1.8]', { skip }, async (t) => {
  set({ spoil: () => undefined })
  const running = await start()
  if ('kind' in running) throw new Error(running.why)
  t.teardown(() => running.stop('test'))
  for (const one of worrisomeFiles) {
    set(one)
    const found = check()
    t.equal(found.kind, 'site', one.what)
    t.match(found.warnings.find(({ line, text }) => line === lineOf(one.line) && one.says.test(text))?.text, one.says, one.what)
    t.match(await running.reload(site(), 'test'), { kind: 'reloaded' }, one.what)
  }
  for (const one of fineFiles) {
    set(one)
    t.match(check(), { kind: 'site', warnings: [] }, one.what)
    t.match(await running.reload(site(), 'test'), { kind: 'reloaded' }, one.what)
  }
})
