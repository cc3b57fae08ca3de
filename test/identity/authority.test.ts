import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate, createPrivateKey } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import t from 'tap'
import { pkiCommands } from '../../src/admin/offline/index.ts'
import { readRegister, roleOf } from '../../src/identity/index.ts'
import { realClock, realRandom } from '../../src/platform/index.ts'

const PASSPHRASE = 'a passphrase of a site'
const pki = pkiCommands(realClock, realRandom)
const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0
const skip = has('openssl', 'version') ? false : 'no openssl program here'
const openssl = (...args: string[]): string => execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

function folderOf(t: { teardown(run: () => void): void }): { folder: string; at: (name: string) => string } {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-ca-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return { folder, at: (name) => join(folder, name) }
}
const order = (name: string, more: object = {}) => ({
  name,
  role: '',
  hosts: [] as string[],
  days: 365,
  rsa: false,
  bundle: 'none' as const,
  csrFile: '',
  ...more,
})
async function done<T>(answer: Promise<{ kind: 'done'; value: T } | { kind: 'failed'; why: string; hint: string }>): Promise<T> {
  const said = await answer
  if (said.kind === 'failed') throw new Error(`${said.why} / ${said.hint}`)
  return said.value
}

t.test('openssl verifies, shows and revokes what the authority has issued, EC and RSA [CR 1.8]', { skip }, async (t) => {
  const { folder, at } = folderOf(t)
  const desk = { folder, passphrase: PASSPHRASE }
  await done(pki.init(desk, 'Plant 7', false))
  await done(pki.issue(desk, order('scada-1', { role: 'Operator' })))
  await done(pki.issue(desk, order('scada-2', { role: 'Viewer', rsa: true })))
  await done(pki.issue(desk, order('gateway', { hosts: ['10.20.0.5', 'gw.plant7.example', '2001:db8::5'] })))

  for (const [name, purpose] of [
    ['scada-1', 'sslclient'],
    ['scada-2', 'sslclient'],
    ['gateway', 'sslserver'],
  ] as const)
    t.match(
      openssl(
        'verify',
        '-x509_strict',
        '-purpose',
        purpose,
        '-crl_check',
        '-CRLfile',
        at('site-ca.crl'),
        '-CAfile',
        at('site-ca.crt'),
        at(`${name}.crt`),
      ),
      /: OK/,
      name,
    )
  const text = openssl('x509', '-noout', '-text', '-in', at('scada-1.crt'))
  t.match(text, /CN = scada-1/)
  t.match(text, /ASN1 OID: prime256v1/)
  t.match(text, /TLS Web Client Authentication/)
  t.match(text, /1\.3\.6\.1\.4\.1\.50316\.802\.1: *\n +\.\.Operator/, 'the role stands there as it is')
  t.match(text, /CA:FALSE/)
  t.match(openssl('x509', '-noout', '-text', '-in', at('scada-2.crt')), /Public-Key: \(3072 bit\)/)
  t.match(
    openssl('x509', '-noout', '-text', '-in', at('gateway.crt')),
    /IP Address:10\.20\.0\.5, DNS:gw\.plant7\.example, IP Address:2001:DB8:0:0:0:0:0:5/,
  )
  t.equal((readFileSync(at('gateway.crt'), 'utf8').match(/BEGIN CERTIFICATE/g) ?? []).length, 2, 'the chain goes down to the root (R-46)')

  t.match(await done(pki.revoke(desk, 'scada-1', 'key-compromise')), { revoked: 1 })
  const refused = spawnSync(
    'openssl',
    ['verify', '-crl_check', '-CRLfile', at('site-ca.crl'), '-CAfile', at('site-ca.crt'), at('scada-1.crt')],
    {
      encoding: 'utf8',
    },
  )
  t.match(refused.stdout + refused.stderr, /certificate revoked/)
  const list = openssl('crl', '-noout', '-text', '-in', at('site-ca.crl'))
  t.match(list, /X509v3 CRL Number: *\n +2/)
  t.match(list, /Key Compromise/)
  t.match(await pki.revoke(desk, 'scada-1', 'superseded'), { kind: 'failed', why: /no valid certificate/ })
})

t.test("the authority's key opens with its passphrase only, in a file for its owner [CR 1.9] [CR 4.1]", { skip }, async (t) => {
  const { folder, at } = folderOf(t)
  await done(pki.init({ folder, passphrase: PASSPHRASE }, 'Plant 7', false))
  t.equal(statSync(at('site-ca.key')).mode & 0o777, 0o600)
  t.match(readFileSync(at('site-ca.key'), 'utf8'), /BEGIN ENCRYPTED PRIVATE KEY/)
  t.ok(pki.needsPassphrase(folder))
  t.match(openssl('pkey', '-in', at('site-ca.key'), '-passin', `pass:${PASSPHRASE}`, '-noout', '-text'), /prime256v1/, 'openssl opens it')
  t.match(openssl('asn1parse', '-in', at('site-ca.key')), /INTEGER +:0927C0/, '600000 rounds')
  for (const passphrase of ['', 'another passphrase'])
    t.match(await pki.issue({ folder, passphrase }, order('x', { role: 'Viewer' })), {
      kind: 'failed',
      why: /does not open with this passphrase/,
    })
  t.notOk(existsSync(at('x.crt')), 'nothing was written')
})

t.test('a PKCS#12 bundle is opened by OpenSSL, Node and Java, with AES-256', { skip }, async (t) => {
  const { folder, at } = folderOf(t)
  const desk = { folder, passphrase: '' }
  await done(pki.init(desk, 'Plant 7', false))
  for (const [name, rsa] of [
    ['ec', false],
    ['rsa', true],
  ] as const) {
    const { bundlePassphrase = '', bundleFile } = await done(pki.issue(desk, order(name, { role: 'Operator', rsa, bundle: 'aes-256' })))
    t.match(bundlePassphrase, /^([a-z2-9]{4}-){4}[a-z2-9]{4}$/)
    t.equal(statSync(bundleFile).mode & 0o777, 0o600)
    const info = spawnSync('openssl', ['pkcs12', '-in', bundleFile, '-passin', `pass:${bundlePassphrase}`, '-nodes', '-info'], {
      encoding: 'utf8',
    })
    t.match(info.stderr, /MAC: sha256/)
    t.match(info.stderr, /PBES2, PBKDF2, AES-256-CBC/)
    t.match(info.stdout, new RegExp(`friendlyName: ${name}`))
    t.equal((info.stdout.match(/BEGIN CERTIFICATE/g) ?? []).length, 2)
    createSecureContext({ pfx: readFileSync(bundleFile), passphrase: bundlePassphrase })
    t.throws(() => createSecureContext({ pfx: readFileSync(bundleFile), passphrase: 'wrong' }))
    if (has('keytool', '-help')) {
      const java = spawnSync('keytool', ['-list', '-keystore', bundleFile, '-storetype', 'PKCS12', '-storepass', bundlePassphrase], {
        encoding: 'utf8',
      })
      t.match(java.stdout, /PrivateKeyEntry/, java.stdout + java.stderr)
    }
  }
  t.notOk(existsSync(at('ec.pem')))
})

t.test('a bundle in the older form is 3DES with SHA-1 throughout, of a renewal too [CR 1.8]', { skip }, async (t) => {
  const { folder } = folderOf(t)
  const desk = { folder, passphrase: '' }
  await done(pki.init(desk, 'Plant 7', false))
  const look = ({ bundleFile, bundlePassphrase = '' }: { bundleFile: string; bundlePassphrase?: string }): void => {
    const args = ['pkcs12', '-in', bundleFile, '-passin', `pass:${bundlePassphrase}`, '-nodes', '-info', '-legacy']
    const { status, stderr, stdout } = spawnSync('openssl', args, { encoding: 'utf8' })
    t.equal(status, 0, stderr)
    t.match(stderr, /MAC: sha1, Iteration 10000/)
    t.match(stderr, /Shrouded Keybag: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 10000/)
    t.notMatch(stderr, /PBES2|AES|sha256/)
    t.equal((stdout.match(/BEGIN CERTIFICATE/g) ?? []).length, 2)
    const key = createPrivateKey(stdout.slice(stdout.indexOf('-----BEGIN PRIVATE KEY')))
    t.ok(new X509Certificate(stdout.slice(stdout.indexOf('-----BEGIN CERT'))).checkPrivateKey(key))
    createSecureContext({ pfx: readFileSync(bundleFile), passphrase: bundlePassphrase })
    t.throws(() => createSecureContext({ pfx: readFileSync(bundleFile), passphrase: 'wrong' }))
    if (!has('keytool', '-help')) return
    const java = spawnSync('keytool', ['-list', '-keystore', bundleFile, '-storetype', 'PKCS12', '-storepass', bundlePassphrase])
    t.match(java.stdout.toString(), /PrivateKeyEntry/)
  }
  for (const rsa of [false, true]) {
    const name = rsa ? 'rsa' : 'ec'
    look(await done(pki.issue(desk, order(name, { role: 'Operator', rsa, bundle: '3des-sha1' }))))
    look(await done(pki.renew(desk, name, 30, '3des-sha1')))
  }
  t.match(await pki.issue(desk, order('x', { csrFile: join(folder, 'ec.crt'), bundle: 'aes-256' })), {
    kind: 'failed',
    why: /a bundle holds the key/,
  })
})

t.test('the key can stay elsewhere: request here, sign there, import here [CR 1.9]', { skip }, async (t) => {
  const there = folderOf(t)
  const here = folderOf(t)
  await done(pki.init({ folder: there.folder, passphrase: PASSPHRASE }, 'Offline', false))
  const { requestFile, keyFile } = await done(pki.request(here.folder, 'gateway', false))
  t.match(openssl('req', '-in', requestFile, '-noout', '-verify', '-subject'), /CN = gateway/)
  const signed = await done(
    pki.issue({ folder: there.folder, passphrase: PASSPHRASE }, order('gateway', { hosts: ['localhost'], csrFile: requestFile })),
  )
  t.equal(signed.keyFile, '', 'there is no key there')
  t.notOk(existsSync(there.at('gateway.key')))
  const imported = pki.importCertificate(here.folder, signed.certificateFile, there.at('site-ca.crt'))
  t.match(imported, { kind: 'done', value: { certificateFile: here.at('gateway.crt'), keyFile } })
  t.ok(new X509Certificate(readFileSync(here.at('gateway.crt'))).checkHost('localhost'))
  t.match(
    await pki.issue({ folder: here.folder, passphrase: '' }, order('x')),
    { kind: 'failed', why: /there is no authority/ },
    'here nothing is issued',
  )
  t.match(pki.importCertificate(there.folder, signed.certificateFile, ''), { kind: 'failed', why: /no key .* belongs to/ })

  openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', here.at('old.key'), '-subj', '/CN=old', '-out', here.at('old.csr'))
  const forScada = await done(
    pki.issue({ folder: there.folder, passphrase: PASSPHRASE }, order('old', { role: 'Operator', csrFile: here.at('old.csr') })),
  )
  t.same(roleOf(new X509Certificate(readFileSync(forScada.certificateFile)).raw), { kind: 'role', role: 'Operator' })
  const broken = readFileSync(here.at('old.csr'), 'utf8').replace(/\n(.)/, (_, c: string) => `\n${c === 'A' ? 'B' : 'A'}`)
  writeFileSync(here.at('broken.csr'), broken)
  t.match(await pki.issue({ folder: there.folder, passphrase: PASSPHRASE }, order('b', { csrFile: here.at('broken.csr') })), {
    kind: 'failed',
    why: /no certificate request/,
  })
})

t.test('a root is followed by the next with a time in which both are trusted', { skip }, async (t) => {
  const { folder, at } = folderOf(t)
  const desk = { folder, passphrase: '' }
  await done(pki.init(desk, 'Plant 7', false))
  await done(pki.issue(desk, order('scada-1', { role: 'Operator' })))
  const old = readFileSync(at('site-ca.crt'), 'utf8')
  writeFileSync(at('old-root.crt'), old)
  await done(pki.rotate(desk, false))
  t.match(await pki.rotate(desk, false), { kind: 'failed', why: /two roots are in force/ })
  t.equal((readFileSync(at('site-ca.crt'), 'utf8').match(/BEGIN CERTIFICATE/g) ?? []).length, 2)
  t.match(openssl('verify', '-CAfile', at('site-ca.crt'), at('scada-1.crt')), /OK/, 'what the first has signed still holds')
  await done(pki.issue(desk, order('scada-2', { role: 'Viewer' })))
  t.match(openssl('verify', '-CAfile', at('site-ca.crt'), at('scada-2.crt')), /OK/)
  t.not(spawnSync('openssl', ['verify', '-CAfile', at('old-root.crt'), at('scada-2.crt')]).status, 0, 'the second root signs')
  t.equal((readFileSync(at('site-ca.crl'), 'utf8').match(/BEGIN X509 CRL/g) ?? []).length, 2, 'a list for each')

  t.match(await pki.retire(desk, false), { kind: 'failed', why: /still stands behind scada-1/ })
  await done(pki.renew(desk, 'scada-1', 365, 'none'))
  t.ok(existsSync(at('scada-1.previous.key')), 'the pair before it is kept')
  await done(pki.retire(desk, false))
  t.equal((readFileSync(at('site-ca.crt'), 'utf8').match(/BEGIN CERTIFICATE/g) ?? []).length, 1)
  t.match(openssl('verify', '-CAfile', at('site-ca.crt'), at('scada-1.crt')), /OK/)
  t.match(pki.list(folder), {
    value: { issued: [{ name: 'scada-1', role: 'Operator' }, { name: 'scada-2' }, { name: 'scada-1', role: 'Operator' }] },
  })
  const register = readRegister(folder)
  t.ok(!('kind' in register) && new Set(register.issued.map(({ serial }) => serial)).size === 3, 'no serial number twice')
})

t.test('what cannot be is refused with what to do', async (t) => {
  const { folder } = folderOf(t)
  const desk = { folder, passphrase: '' }
  t.match(await pki.issue(desk, order('x')), { kind: 'failed', why: /no authority/, hint: /ca init/ })
  await done(pki.init(desk, 'Plant 7', false))
  const table: readonly (readonly [object, RegExp])[] = [
    [{ name: '../x' }, /cannot be the name of a file/],
    [{ days: 0 }, /not a number of days/],
    [{ days: 3650 }, /the authority itself ends/],
    [{ role: 'Operator\n' }, /control characters/],
    [{ role: 'x'.repeat(65) }, /too long/],
    [{ role: 'Operator', hosts: ['a'] }, /a role belongs to a client/],
    [{ csrFile: '/nowhere' }, /ENOENT/],
  ]
  for (const [more, why] of table) t.match(await pki.issue(desk, order('x', more)), { kind: 'failed', why }, String(why))
  t.match(await pki.revoke(desk, 'x', 'bored'), { kind: 'failed', why: /no reason/ })
  t.match(await pki.renew(desk, 'x', 30, 'none'), { kind: 'failed', why: /nothing was issued/ })
  t.match(await pki.retire(desk, false), { kind: 'failed', why: /one root only/ })
})

t.test(
  'what root writes into the folder of the service belongs to the service, and only keys are hidden',
  { skip: process.getuid?.() === 0 ? false : 'takes root' },
  async (t) => {
    const { folder, at } = folderOf(t)
    chownSync(folder, 65_534, 65_534)
    const desk = { folder, passphrase: '' }
    await done(pki.init(desk, 'Plant 7', false))
    await done(pki.issue(desk, order('gateway', { hosts: ['x'] })))
    await done(pki.revoke(desk, 'gateway', 'superseded'))
    for (const [name, mode] of [
      ['site-ca.key', 0o600],
      ['gateway.key', 0o600],
      ['authority.json', 0o600],
      ['gateway.crt', 0o644],
      ['site-ca.crt', 0o644],
      ['site-ca.crl', 0o644],
    ] as const) {
      const found = statSync(at(name))
      t.equal(found.mode & 0o777, mode, name)
      t.equal(found.uid, 65_534, name)
    }
  },
)
