import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readAuthorities, readPair, roleOf } from '../../src/identity/index.ts'
import { issue, makeAuthority } from '../support/pki.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwall-pki-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string): string => join(folder, name)
await makeAuthority(folder)
await issue(folder, 'operator', { kind: 'client', role: 'Operator' })
const der = (name: string): Uint8Array => new X509Certificate(readFileSync(at(name))).raw

t.test('files are for their owner only and nothing is ever replaced [S-02] [CR 4.1]', async (t) => {
  t.equal(statSync(folder).mode & 0o777, 0o700)
  t.equal(statSync(at('site-ca.key')).mode & 0o777, 0o600)
  t.equal(statSync(at('operator.key')).mode & 0o777, 0o600)
  await t.rejects(makeAuthority(folder), /already holds an authority/)
  await t.rejects(issue(folder, 'operator', { kind: 'client', role: 'x' }), /is there already/)
})

t.test('the role extension has the bytes of the specification and is read back', (t) => {
  const bytes = Buffer.from(der('operator.crt')).toString('hex')
  t.ok(bytes.includes('3019060b2b0601040183890c862201040a0c084f70657261746f72'), 'R-21, facts 6.1')
  t.same(roleOf(der('operator.crt')), { kind: 'role', role: 'Operator' })
  t.same(roleOf(der('site-ca.crt')), { kind: 'none' })
  t.match(roleOf(Uint8Array.of(1, 2, 3)), { kind: 'invalid' })
  t.end()
})

t.test('a key that does not belong to its certificate is named', (t) => {
  const pair = (certificate: string, key: string) => readPair({ certificateFile: at(certificate), keyFile: at(key) })
  t.match(pair('operator.crt', 'operator.key'), { certificate: /BEGIN CERTIFICATE/, key: /PRIVATE KEY/ })
  t.match(pair('operator.crt', 'site-ca.key'), { kind: 'unusable', why: /site-ca.key: this key does not belong to/ })
  t.match(pair('operator.crt', 'no.key'), { kind: 'unusable', why: /no.key/ })
  t.match(readAuthorities(at('operator.crt')), { kind: 'unusable', why: /not the certificate of an authority/ })
  t.match(readAuthorities(at('operator.key')), { kind: 'unusable', why: /it holds private key, not a certificate/ })
  writeFileSync(at('open.key'), readFileSync(at('operator.key')), { mode: 0o644 })
  t.match(pair('operator.crt', 'open.key'), { kind: 'unusable', why: /everybody may read this key \(mode 0644\)/, mend: /^chmod 600 / })
  t.end()
})

const openssl = ((): boolean => {
  try {
    execFileSync('openssl', ['version'])
    return true
  } catch {
    return false
  }
})()

t.test('certificates of other tools are judged by their bytes', { skip: openssl ? false : 'no openssl program here' }, (t) => {
  execFileSync('openssl', ['verify', '-CAfile', at('site-ca.crt'), at('operator.crt')])
  const OID = '1.3.6.1.4.1.50316.802.1'
  const table: readonly (readonly [string, readonly string[], object])[] = [
    ['EC, UTF8String', [`${OID}=ASN1:UTF8String:Operator`], { kind: 'role', role: 'Operator' }],
    ['a comma is part of the one role', [`${OID}=ASN1:UTF8String:Operator,Viewer`], { kind: 'role', role: 'Operator,Viewer' }],
    ['PrintableString', [`${OID}=ASN1:PRINTABLESTRING:Operator`], { kind: 'invalid' }],
    ['IA5String', [`${OID}=ASN1:IA5STRING:Operator`], { kind: 'invalid' }],
    ['empty', [`${OID}=DER:0C00`], { kind: 'invalid' }],
    ['bare text', [`${OID}=DER:4F70657261746F72`], { kind: 'invalid' }],
    ['bytes behind the string', [`${OID}=DER:0C024F70FF`], { kind: 'invalid' }],
    ['bad UTF-8', [`${OID}=DER:0C02C328`], { kind: 'invalid' }],
    ['a line feed', [`${OID}=DER:0C034F0A70`], { kind: 'invalid' }],
    ['65 characters', [`${OID}=ASN1:UTF8String:${'x'.repeat(65)}`], { kind: 'invalid' }],
  ]
  for (const [what, extensions, expected] of table) {
    writeFileSync(
      at('ext.cnf'),
      `[req]\ndistinguished_name=dn\nx509_extensions=v3\nprompt=no\n[dn]\nCN=x\n[v3]\n${extensions.join('\n')}\n`,
    )
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-keyout',
        at('x.key'),
        '-out',
        at('x.crt'),
        '-days',
        '1',
        '-config',
        at('ext.cnf'),
      ],
      { stdio: 'ignore' },
    )
    t.match(roleOf(der('x.crt')), expected, what)
  }
  t.end()
})
