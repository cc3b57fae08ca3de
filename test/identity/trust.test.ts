import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createClientTrust, readRevocation } from '../../src/identity/index.ts'
import { openssl, skipWithoutOpenssl } from '../support/openssl.ts'

const DAY = 86_400_000_000

t.test('a path over an authority in between is judged at each step [CR 1.9]', { skip: skipWithoutOpenssl }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-trust-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const at = (name: string): string => join(folder, name)
  const key = (name: string): void => void openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', at(`${name}.key`))
  const signed = (name: string, by: string, extensions: string, days: number): void => {
    key(name)
    writeFileSync(at('ext'), extensions)
    openssl('req', '-new', '-key', at(`${name}.key`), '-subj', `/CN=${name}`, '-out', at(`${name}.csr`))
    openssl(
      ...['x509', '-req', '-in', at(`${name}.csr`), '-CA', at(`${by}.crt`), '-CAkey', at(`${by}.key`), '-CAcreateserial'],
      ...['-days', String(days), '-extfile', at('ext'), '-out', at(`${name}.crt`)],
    )
  }
  key('root')
  openssl('req', '-x509', '-new', '-key', at('root.key'), '-subj', '/CN=root', '-days', '3000', '-out', at('root.crt'))
  signed('between', 'root', 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n', 100)
  signed('client', 'between', '1.3.6.1.4.1.50316.802.1=ASN1:UTF8String:Operator\n', 50)
  signed('no-ca', 'root', 'basicConstraints=critical,CA:FALSE\n', 100)
  signed('under-no-ca', 'no-ca', '1.3.6.1.4.1.50316.802.1=ASN1:UTF8String:Operator\n', 50)
  const certificate = (name: string): X509Certificate => new X509Certificate(readFileSync(at(`${name}.crt`)))
  let nowUs = Date.now() * 1000
  const clock = { utcUs: () => nowUs }
  const judge = (settings: Partial<Parameters<typeof createClientTrust>[0]> = {}) =>
    createClientTrust({ authorities: [certificate('root')], lists: 'none', stale: 'read', clock, ...settings })
  const show = (name: string, ...chain: string[]) => ({ certificate: certificate(name), chain: chain.map(certificate) })

  const trust = judge()
  t.match(trust(show('client')), { kind: 'refused', reason: 'unknown authority' }, 'without the one in between')
  t.match(trust(show('client', 'between', 'root')), { kind: 'known', name: 'client', role: 'Operator', limit: { kind: 'none' } })
  t.match(trust(show('client', 'no-ca', 'root', 'between')), { kind: 'known' }, 'in any order, with others')
  t.match(
    judge({ authorities: [certificate('root'), certificate('between')] })(show('client')),
    { kind: 'known' },
    'or it stands in the file',
  )
  t.match(judge({ authorities: [certificate('between')] })(show('client')), { kind: 'known', between: [] }, 'which alone is a trust anchor')
  t.match(trust(show('under-no-ca', 'no-ca', 'root')), { kind: 'refused', reason: 'unknown authority' }, 'signed by what is no authority')
  nowUs += 60 * DAY
  t.match(trust(show('client', 'between')), { kind: 'refused', reason: 'the certificate has expired' })
  nowUs -= 300 * DAY
  t.match(trust(show('client', 'between')), { kind: 'refused', reason: 'the certificate is not valid yet' })
  nowUs += 240 * DAY

  const config = `[ca]\ndefault_ca=c\n[c]\ndatabase=${at('db')}\ncrlnumber=${at('number')}\ndefault_md=sha256\ndefault_crl_days=30\n`
  writeFileSync(at('cnf'), config)
  writeFileSync(at('db'), '')
  writeFileSync(at('number'), '01\n')
  const crl = (name: string): void =>
    void openssl(
      'ca',
      '-config',
      at('cnf'),
      '-gencrl',
      '-cert',
      at(`${name}.crt`),
      '-keyfile',
      at(`${name}.key`),
      '-out',
      at(`${name}.crl`),
    )
  crl('root')
  crl('between')
  const both = [certificate('root'), certificate('between')]
  const lists = readRevocation([at('root.crl'), at('between.crl')], both, nowUs / 1000)
  if (lists.kind !== 'read') throw new Error(lists.why)
  t.match(judge({ authorities: both, lists: () => lists.lists })(show('client')), { kind: 'known', limit: { kind: 'none' } })
  const oneOnly = readRevocation([at('root.crl')], both, nowUs / 1000)
  if (oneOnly.kind !== 'read') throw new Error(oneOnly.why)
  t.match(
    judge({ authorities: both, lists: () => oneOnly.lists })(show('client')),
    { kind: 'known', limit: { kind: 'revocation-unknown', authority: 'between' }, unlisted: { subject: 'CN=between' } },
    'no list of the one in between',
  )
  openssl('ca', '-config', at('cnf'), '-revoke', at('between.crt'), '-cert', at('root.crt'), '-keyfile', at('root.key'))
  crl('root')
  const revoked = readRevocation([at('root.crl'), at('between.crl')], both, nowUs / 1000)
  if (revoked.kind !== 'read') throw new Error(revoked.why)
  t.match(
    judge({ authorities: both, lists: () => revoked.lists, stale: 'admit' })(show('client')),
    { kind: 'refused', reason: 'the certificate is revoked' },
    'the one in between is',
  )
  t.match(readRevocation([at('between.crl')], [certificate('root')], nowUs / 1000), {
    kind: 'unusable',
    why: /signed by none of the authorities/,
  })
  t.match(readRevocation([at('root.key')], both, nowUs / 1000), { kind: 'unusable', why: /holds no revocation list/ })
  t.match(readRevocation([at('nothing')], both, nowUs / 1000), { kind: 'unusable', why: /ENOENT/ })
  t.end()
})
