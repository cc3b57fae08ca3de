import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { issue, makeAuthority } from './support/pki.ts'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'breakwall-main-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const shipped = readFileSync(join(root, 'config/breakwall.toml'), 'utf8')

function breakwall(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'src/main.ts'), ...args], { encoding: 'utf8' })
  return { code: status, out: stdout, error: stderr }
}

t.test('the command of a checkout runs on its own Node, from any folder and through a link, whatever Node the machine has', (t) => {
  const link = join(folder, 'breakwall')
  symlinkSync(join(root, 'node_modules/.bin/breakwall'), link)
  mkdirSync(join(folder, 'old'))
  writeFileSync(join(folder, 'old/node'), '#!/bin/sh\necho too old; exit 9\n', { mode: 0o755 })
  const { status, stdout } = spawnSync(link, ['--version'], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...process.env, PATH: `${join(folder, 'old')}:/usr/bin:/bin` },
  })
  t.equal(status, 0)
  t.match(stdout, /^\d+\.\d+\.\d+/)
  t.end()
})

t.test('profile list and show print what a configuration may name, also for a program', (t) => {
  t.match(breakwall('profile', 'list'), { code: 0, out: /^nsx-bscm +ComPacT NSX +BSCM/m })
  t.match(breakwall('profile', 'show', 'nsx-bscm'), { code: 0, out: /^904 +control +open circuit breaker/m })
  const shown = breakwall('profile', 'show', 'nsx-bscm', '--json')
  const { commands } = JSON.parse(shown.out) as { readonly commands: readonly { readonly code: number; readonly class: string }[] }
  t.match(
    commands.find(({ code }) => code === 904),
    { class: 'control' },
  )
  t.match(breakwall('profile', 'show', 'nope'), { code: 1, error: /there is no profile "nope"\n.*hint: the profiles are compact-ns,/ })
  t.end()
})

t.test('profile check says what is wrong with a profile and where, and finds no fault with a good one', (t) => {
  const file = join(folder, 'mine.toml')
  writeFileSync(file, 'family = "Test"\ninterface = "line"\nnonsense = 1\n')
  const wrong = breakwall('profile', 'check', file)
  t.equal(wrong.code, 1)
  t.match(wrong.out + wrong.error, /mine\.toml:3:1 unknown key "nonsense": known here: family/)
  writeFileSync(file, 'family = "Test"\ninterface = "line"\ninclude = ["nsx-bscm"]\n')
  t.match(breakwall('profile', 'check', file), { code: 0, out: /no mistakes/ })
  t.match(breakwall('profile', 'show', 'mine', '--dir', folder), { code: 0, out: /^mine: Test/ })
  t.end()
})

t.test('check warns of a breaker that opens and closes without a password; vault init makes a key for its owner only', async (t) => {
  const pki = join(folder, 'pki')
  await makeAuthority(pki)
  await issue(pki, 'gateway', { kind: 'server', hosts: ['10.20.0.5'] })
  const file = join(folder, 'breakwall.toml')
  writeFileSync(file, shipped.replace('profile = "mtz-micrologic-x"', 'profile = "mtz-micrologic-active"'))
  const checked = breakwall('check', file)
  t.equal(checked.code, 0, checked.error)
  t.match(checked.out + checked.error, /warning.*no password/s)
  t.match(breakwall('vault', 'init', '--config', file), { code: 0 })
  t.equal(statSync(join(folder, 'vault.key')).mode & 0o777, 0o600)
  const key = readFileSync(join(folder, 'vault.key'))
  t.match(breakwall('vault', 'init', '--config', file), { code: 1 })
  t.same(readFileSync(join(folder, 'vault.key')), key, 'a key that is there is left alone')
})

t.test('a configuration with its own broken profile names each mistake once', (t) => {
  mkdirSync(join(folder, 'profiles'))
  writeFileSync(join(folder, 'profiles', 'own.toml'), 'family = "Test"\ninterface = "line"\nnonsense = 1\n')
  const file = join(folder, 'own.toml')
  writeFileSync(file, shipped.replaceAll(/profile = "[a-z-]+"/g, 'profile = "own"'))
  const checked = breakwall('check', file)
  t.equal(checked.code, 1)
  t.equal([...(checked.out + checked.error).matchAll(/nonsense/g)].length, 1)
  t.end()
})

t.test("the authority's key takes a passphrase, from a file, a pipe or systemd; without one only when it is said [CR 1.9]", (t) => {
  const at = (name: string): string => join(folder, name)
  writeFileSync(at('pass'), 'a passphrase of a site\n', { mode: 0o600 })
  writeFileSync(at('ca.passphrase'), 'a passphrase of a site\n', { mode: 0o600 })
  writeFileSync(at('short'), 'short\n')
  t.match(breakwall('ca', 'init', '--dir', at('ca1'), '--passphrase-file', at('short')), {
    code: 2,
    error: /12 characters at least[^]*--without-passphrase for a trial/,
  })
  t.match(breakwall('ca', 'init', '--dir', at('ca1')), { code: 2, error: /12 characters at least/ }, 'an empty pipe is no passphrase')
  t.match(breakwall('ca', 'init', '--dir', at('ca1'), '--passphrase-file', at('pass')), { code: 0, out: /site-ca\.crt/ })
  t.match(breakwall('ca', 'init', '--dir', at('ca2'), '--without-passphrase'), { code: 0, out: /warning: its key is in the clear/ })
  t.match(breakwall('cert', 'issue', 'scada-1', '--role', 'Operator', '--dir', at('ca1')), {
    code: 1,
    error: /does not open with this passphrase/,
  })
  const issued = breakwall('cert', 'issue', 'scada-1', '--role', 'Operator', '--p12', '--dir', at('ca1'), '--passphrase-file', at('pass'))
  t.match(issued, {
    code: 0,
    out: /scada-1\.p12\nvalid until \d{4}-\d\d-\d\d\npassphrase of .*scada-1\.p12: [a-z0-9-]{24} {3}\(shown this once\)/,
  })
  const older = breakwall('cert', 'renew', 'scada-1', '--p12-legacy', '--dir', at('ca1'), '--passphrase-file', at('pass'))
  t.match(older, { code: 0, out: /\(shown this once\)\nwarning: 3DES and SHA-1 protect this bundle weakly/ })
  const credential = spawnSync(process.execPath, [join(root, 'src/main.ts'), 'crl', 'publish', '--dir', at('ca1')], {
    encoding: 'utf8',
    env: { ...process.env, CREDENTIALS_DIRECTORY: folder },
  })
  t.match(credential, { status: 0, stdout: /site-ca\.crl\n0 revoked; the next list is due by/ })
  t.match(breakwall('cert', 'list', '--dir', at('ca1'), '--api', at('nobody')), {
    code: 0,
    out: /scada-1 +Operator[^]*no gateway was asked who was seen/,
  })
  t.match(breakwall('cert', 'revoke', 'scada-9', '--dir', at('ca1'), '--passphrase-file', at('pass')), {
    code: 1,
    error: /no valid certificate "scada-9"/,
  })
  t.end()
})
