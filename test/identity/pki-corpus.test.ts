import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { createClientTrust, readRevocation } from '../../src/identity/index.ts'
import * as c from '../support/chains.ts'
import { bits, context, generalizedTime, ia5, integer, no, oid, printable, seq, set, small, tlv, toPem, utcTime } from '../support/der.ts'
import { skipWithoutOpenssl } from '../support/openssl.ts'

type Verdict = 'yes' | 'no'
/** Our verdict, OpenSSL's, and why ours is stricter where it is. Names after x509-limbo (rfc5280, pathological) where it has the case. */
type Row = readonly [name: string, ours: Verdict, openssl: Verdict, chain: readonly c.Made[], anchors: readonly c.Made[], why?: string]

const root = c.certify({ name: 'root', extensions: c.CA })
const mid = c.certify({ name: 'mid', by: root, extensions: c.CA })
const leafOf = (by: c.Made, more: Partial<c.Certificate> = {}) => c.certify({ name: 'leaf', by, extensions: c.LEAF, ...more })
const midOf = (more: Partial<c.Certificate>) => c.certify({ name: 'mid', by: root, extensions: c.CA, ...more })
const leafWith = (...extensions: Buffer[]) => [leafOf(root, { extensions: [...c.LEAF, ...extensions] })]
const below = (more: Partial<c.Certificate>) => {
  const made = midOf(more)
  return [leafOf(made), made]
}
const pathOf = (length: number, limit?: number) => {
  const all = [root]
  for (let i = 0; i < length; i += 1)
    all.unshift(
      c.certify({
        name: `step ${i}`,
        by: all[0] ?? root,
        extensions: [c.basic(true, i === 0 ? limit : undefined), c.usage(c.USAGE.certSign)],
      }),
    )
  return [leafOf(all[0] ?? root), ...all.slice(0, -1)]
}
const keyPair = (type: 'rsa' | 'secp256k1') =>
  type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 1024 }) : generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
const point = (form: 'compressed' | 'explicit'): Buffer => {
  const jwk = c.keyOf('leaf').publicKey.export({ format: 'jwk' })
  const [x, y] = [Buffer.from(jwk.x ?? '', 'base64url'), Buffer.from(jwk.y ?? '', 'base64url')]
  const key = form === 'compressed' ? Buffer.concat([Buffer.from([2 + ((y[31] ?? 0) & 1)]), x]) : Buffer.concat([Buffer.from([4]), x, y])
  return seq(seq(oid('1.2.840.10045.2.1'), oid('1.2.840.10045.3.1.7')), bits(key))
}
const UNKNOWN = '1.3.6.1.4.1.50316.802.99'
const STRICT = 'RFC 5280 forbids it, OpenSSL lets it pass'
const UNUSED = 'it limits what is below it, and the gateway does not work it out'
const dns = (text: string): Buffer => ia5(text, 0x82)
const altNames = (critical: boolean) => c.extension('2.5.29.17', seq(dns('plant.example')), critical)
const loopA = c.certify({ name: 'loop a', by: { subject: c.nameOf('loop b'), key: c.keyOf('loop b') }, extensions: c.CA })
const loopB = c.certify({ name: 'loop b', by: loopA, extensions: c.CA })
const sameName = Array.from({ length: 30 }, (_, i) => c.certify({ name: 'mid', key: c.keyOf(`mid ${i % 3}`), by: root, extensions: c.CA }))
const rolled = c.certify({
  name: 'mid',
  key: c.keyOf('mid, new'),
  by: mid,
  extensions: [...c.CA, c.subjectKey(c.keyOf('mid, new')), c.authorityKey(mid.key)],
})

const chains: readonly Row[] = [
  ['rfc5280: a client of the root', 'yes', 'yes', [leafOf(root)], [root]],
  ['rfc5280: a client of an issuing authority', 'yes', 'yes', [leafOf(mid), mid], [root]],
  ['the issuing authority alone is trusted', 'yes', 'yes', [leafOf(mid)], [mid]],
  ['its root is trusted too', 'yes', 'yes', [leafOf(mid)], [root, mid]],
  ['in another order, with others', 'yes', 'yes', [leafOf(mid), loopA, root, mid], [root]],
  ['webpki: unknown root', 'no', 'no', [leafOf(mid), mid], [loopA]],
  ['without the issuing authority', 'no', 'no', [leafOf(mid)], [root]],
  ['rfc5280: validity, expired leaf', 'no', 'no', [leafOf(root, { until: utcTime('260501000000Z') })], [root]],
  ['rfc5280: validity, leaf of the future', 'no', 'no', [leafOf(root, { from: utcTime('270101000000Z') })], [root]],
  ['rfc5280: validity, expired intermediate', 'no', 'no', below({ until: utcTime('260501000000Z') }), [root]],
  ['rfc5280: validity, intermediate of the future', 'no', 'no', below({ from: utcTime('270101000000Z') }), [root]],
  ['rfc5280: validity, GeneralizedTime after 2049', 'yes', 'yes', [leafOf(root, { until: generalizedTime('20510101000000Z') })], [root]],
  ['rfc5280: validity, 9999 for no end', 'yes', 'yes', [leafOf(root, { until: generalizedTime('99991231235959Z') })], [root]],
  ['rfc5280: validity, GeneralizedTime before 2050', 'yes', 'yes', [leafOf(root, { until: generalizedTime('20400101000000Z') })], [root]],
  ['rfc5280: validity, UTCTime without seconds', 'no', 'no', [leafOf(root, { until: utcTime('3001010000Z') })], [root]],
  [
    'rfc5280: validity, GeneralizedTime with an offset',
    'no',
    'no',
    [leafOf(root, { until: generalizedTime('20510101000000+0100') })],
    [root],
  ],
  [
    'rfc5280: validity, GeneralizedTime with a fraction',
    'no',
    'no',
    [leafOf(root, { until: generalizedTime('20510101000000.5Z') })],
    [root],
  ],
  ['rfc5280: serial, zero', 'no', 'yes', [leafOf(root, { serial: '00' })], [root], STRICT],
  ['rfc5280: serial, negative', 'no', 'yes', [leafOf(root, { serial: '80' })], [root], STRICT],
  ['rfc5280: serial, 20 octets', 'yes', 'yes', [leafOf(root, { serial: '7f'.repeat(20) })], [root]],
  ['rfc5280: serial, 21 octets', 'no', 'yes', [leafOf(root, { serial: '7f'.repeat(21) })], [root], STRICT],
  ['rfc5280: unknown critical extension, leaf', 'no', 'no', leafWith(c.extension(UNKNOWN, seq(), true)), [root]],
  [
    'rfc5280: unknown critical extension, intermediate',
    'no',
    'no',
    below({ extensions: [...c.CA, c.extension(UNKNOWN, seq(), true)] }),
    [root],
  ],
  ['rfc5280: unknown extension that is not critical', 'yes', 'yes', leafWith(c.extension(UNKNOWN, seq())), [root]],
  ['a critical role', 'no', 'no', [leafOf(root, { extensions: [...c.LEAF.slice(0, 3), c.role('Operator', true)] })], [root]],
  ['rfc5280: duplicate extension', 'no', 'no', leafWith(altNames(false), altNames(false)), [root]],
  ['rfc5280: basic constraints, intermediate is no authority', 'no', 'no', below({ extensions: [c.basic(false), c.CA[1] ?? no] }), [root]],
  ['rfc5280: basic constraints, missing in the intermediate', 'no', 'no', below({ extensions: c.CA.slice(1) }), [root]],
  [
    'rfc5280: basic constraints, not critical',
    'yes',
    'yes',
    below({ extensions: [c.basic(true, undefined, false), c.CA[1] ?? no] }),
    [root],
  ],
  ['rfc5280: path length 0, nothing below', 'yes', 'yes', pathOf(1, 0), [root]],
  ['rfc5280: path length 0, one below', 'no', 'no', pathOf(2, 0), [root]],
  ['rfc5280: path length 1, one below', 'yes', 'yes', pathOf(2, 1), [root]],
  ['rfc5280: path length 1, two below', 'no', 'no', pathOf(3, 1), [root]],
  ['rfc5280: path length without an authority', 'no', 'no', below({ extensions: [c.basic(false, 0), c.CA[1] ?? no] }), [root]],
  ['rfc5280: self-issued, a key that was rolled over', 'yes', 'yes', [leafOf(rolled), rolled, mid], [root]],
  [
    'rfc5280: key usage, intermediate without keyCertSign',
    'no',
    'no',
    below({ extensions: [c.basic(true), c.usage(c.USAGE.crlSign)] }),
    [root],
  ],
  [
    'rfc5280: key usage, leaf for agreement only',
    'no',
    'yes',
    [leafOf(root, { extensions: [c.basic(false), c.usage(c.USAGE.agree), c.role('Operator')] })],
    [root],
    'TLS here proves the key by a signature',
  ],
  ['rfc5280: key usage, none in the leaf', 'yes', 'yes', [leafOf(root, { extensions: [c.role('Operator')] })], [root]],
  [
    'rfc5280: eku, leaf for servers',
    'no',
    'no',
    [leafOf(root, { extensions: [c.purposes('1.3.6.1.5.5.7.3.1'), c.role('Operator')] })],
    [root],
  ],
  ['rfc5280: eku, leaf for anything', 'no', 'no', [leafOf(root, { extensions: [c.purposes('2.5.29.37.0'), c.role('Operator')] })], [root]],
  ['rfc5280: eku, none', 'yes', 'yes', [leafOf(root, { extensions: [c.role('Operator')] })], [root]],
  ['webpki: eku, intermediate for servers', 'no', 'no', below({ extensions: [...c.CA, c.purposes('1.3.6.1.5.5.7.3.1')] }), [root]],
  ['webpki: eku, intermediate for clients', 'yes', 'yes', below({ extensions: [...c.CA, c.purposes(c.CLIENT_AUTH)] }), [root]],
  [
    'rfc5280: name constraints',
    'no',
    'yes',
    below({ extensions: [...c.CA, c.extension('2.5.29.30', seq(context(0, seq(dns('example')))), true)] }),
    [root],
    UNUSED,
  ],
  [
    'rfc5280: name constraints, broken',
    'no',
    'no',
    [
      leafOf(midOf({ extensions: [...c.CA, c.extension('2.5.29.30', seq(context(0, seq(dns('other')))), true)] }), {
        extensions: [...c.LEAF, altNames(false)],
      }),
      midOf({ extensions: [...c.CA, c.extension('2.5.29.30', seq(context(0, seq(dns('other')))), true)] }),
    ],
    [root],
  ],
  [
    'rfc5280: policy constraints',
    'no',
    'yes',
    below({ extensions: [...c.CA, c.extension('2.5.29.36', seq(tlv(0x80, Buffer.from([0]))), true)] }),
    [root],
    UNUSED,
  ],
  [
    'rfc5280: critical inhibitAnyPolicy',
    'no',
    'yes',
    below({ extensions: [...c.CA, c.extension('2.5.29.54', small(0), true)] }),
    [root],
    UNUSED,
  ],
  ['rfc5280: critical policies', 'yes', 'yes', leafWith(c.extension('2.5.29.32', seq(seq(oid('2.5.29.32.0'))), true)), [root]],
  ['rfc5280: critical alternative names', 'yes', 'yes', leafWith(altNames(true)), [root]],
  ['rfc5280: empty subject, no alternative names', 'no', 'yes', [leafOf(root, { subject: c.nameOf('') })], [root], STRICT],
  [
    'rfc5280: empty subject, critical alternative names',
    'yes',
    'yes',
    [leafOf(root, { subject: c.nameOf(''), extensions: [...c.LEAF, altNames(true)] })],
    [root],
  ],
  ['rfc5280: empty issuer', 'no', 'no', [leafOf(root, { issuer: c.nameOf('') })], [root]],
  ['rfc5280: version 1, leaf', 'yes', 'yes', [leafOf(root, { version: 0, extensions: [] })], [root]],
  ['rfc5280: version 1 with extensions', 'no', 'yes', [leafOf(root, { version: 0 })], [root], STRICT],
  ['rfc5280: version 1, intermediate', 'no', 'no', below({ version: 0, extensions: [] }), [root]],
  ['rfc5280: version 4', 'no', 'yes', [leafOf(root, { version: 3 })], [root], STRICT],
  [
    'rfc5280: two signature algorithms',
    'no',
    'no',
    [leafOf(root, { algorithms: [c.ECDSA_SHA256, seq(oid('1.2.840.10045.4.3.3'))] })],
    [root],
  ],
  [
    'rfc5280: a wrong signature',
    'no',
    'no',
    [leafOf(root, { signature: (good) => Buffer.concat([good.subarray(0, -1), Buffer.from([(good.at(-1) ?? 0) ^ 1])]) })],
    [root],
  ],
  ['signed by another key of the same name', 'no', 'no', [leafOf({ ...mid, key: c.keyOf('another') }), mid], [root]],
  [
    'webpki: SHA-1',
    'no',
    'yes',
    [leafOf(root, { algorithms: [c.ECDSA_SHA1, c.ECDSA_SHA1], hash: 'sha1' })],
    [root],
    'refused by the security level in a handshake',
  ],
  [
    'webpki: RSA of 1024 bits',
    'no',
    'yes',
    [leafOf(root, { key: keyPair('rsa') })],
    [root],
    'refused by the security level in a handshake',
  ],
  ['an EC curve that is not taken', 'no', 'yes', [leafOf(root, { key: keyPair('secp256k1') })], [root], 'TLS does not offer it'],
  ['a compressed point', 'yes', 'yes', [leafOf(root, { publicKey: point('compressed') })], [root]],
  ['PrintableString and UTF8String for one name', 'yes', 'yes', [leafOf(mid, { issuer: c.nameOf('mid', printable) }), mid], [root]],
  [
    'two names in one',
    'yes',
    'yes',
    [leafOf(root, { subject: seq(set(seq(oid('2.5.4.3'), printable('a'))), set(seq(oid('2.5.4.3'), printable('b')))) })],
    [root],
  ],
  ['pathological: a loop', 'no', 'no', [leafOf(loopB), loopB, loopA], [root]],
  ['pathological: 30 authorities of one name', 'no', 'no', [leafOf({ ...mid, key: c.keyOf('nobody') }), ...sameName], [root]],
  ['pathological: 7 authorities, the last that is followed', 'yes', 'yes', pathOf(6), [root]],
  ['pathological: a path of 9', 'no', 'yes', pathOf(7), [root], 'more than 8 certificates'],
]

const delta = c.extension('2.5.29.27', integer('01'), true)
const scope = (...parts: Buffer[]) => c.extension('2.5.29.28', seq(...parts), true)
const list = (more: Partial<c.List> = {}) => c.revoke({ by: root, revoked: ['2a'], ...more })
const reason = (code: number) => c.extension('2.5.29.21', tlv(0x0a, Buffer.from([code])))
const noSigner = c.certify({ name: 'root', extensions: [c.basic(true), c.usage(c.USAGE.certSign)], key: c.keyOf('root') })
type ListRow = readonly [name: string, ours: 'taken' | RegExp, openssl: Verdict, der: Buffer, why?: string, anchor?: c.Made]

/** Of OpenSSL: whether a certificate that the list does not name passes with it. */
const lists: readonly ListRow[] = [
  ['rfc5280: a complete list', 'taken', 'yes', list().der],
  ['nothing is revoked', 'taken', 'yes', list({ revoked: [] }).der],
  ['version 1', 'taken', 'yes', list({ version: 'v1' }).der],
  ['version 1 with extensions', /version 1/, 'yes', list({ version: 'v1', extensions: [c.listNumber('01')] }).der, STRICT],
  [
    'with a reason, a date and the authority\u2019s key',
    'taken',
    'yes',
    list({ revoked: [c.revokedEntry('2a', [reason(1)])], extensions: [c.authorityKey(root.key)] }).der,
  ],
  ['a certificate on hold', 'taken', 'yes', list({ revoked: [c.revokedEntry('2a', [reason(6)])] }).der],
  ['one serial twice', 'taken', 'yes', list({ revoked: ['2a', '2a'] }).der],
  ['a negative serial', 'taken', 'yes', list({ revoked: ['2a', '80'] }).der],
  ['rfc5280: delta list', /delta/, 'yes', list({ extensions: [delta] }).der, 'OpenSSL takes it for a complete list'],
  [
    'a delta list that is not marked critical',
    /delta/,
    'yes',
    list({ extensions: [c.extension('2.5.29.27', integer('01'))] }).der,
    'OpenSSL takes it for a complete list',
  ],
  [
    'partial: for users only',
    /partial/,
    'yes',
    list({ extensions: [scope(tlv(0x81, Buffer.from([0xff])))] }).der,
    'it cannot revoke an authority',
  ],
  ['partial: for authorities only', /partial/, 'no', list({ extensions: [scope(tlv(0x82, Buffer.from([0xff])))] }).der],
  ['partial: some reasons', /partial/, 'no', list({ extensions: [scope(tlv(0x83, Buffer.from([1, 0x40])))] }).der],
  ['indirect', /partial or indirect/, 'no', list({ extensions: [scope(tlv(0x84, Buffer.from([0xff])))] }).der],
  ['partial: for attribute certificates', /partial/, 'no', list({ extensions: [scope(tlv(0x85, Buffer.from([0xff])))] }).der],
  [
    'a distribution point',
    /partial/,
    'no',
    list({ extensions: [scope(context(0, context(0, tlv(0x86, Buffer.from('http://x/1')))))] }).der,
  ],
  [
    'an entry of another authority',
    /another authority/,
    'yes',
    list({ revoked: [c.revokedEntry('2a', [c.extension('2.5.29.29', seq(context(4, c.nameOf('other'))), true)])] }).der,
    'OpenSSL takes it for a complete list',
  ],
  ['rfc5280: unknown critical extension', /critical extension/, 'no', list({ extensions: [c.extension(UNKNOWN, seq(), true)] }).der],
  [
    'unknown critical extension of an entry',
    /critical extension/,
    'no',
    list({ revoked: [c.revokedEntry('2a', [c.extension(UNKNOWN, seq(), true)])] }).der,
  ],
  ['unknown extension that is not critical', 'taken', 'yes', list({ extensions: [c.extension(UNKNOWN, seq())] }).der],
  ['an extension twice', /extension twice/, 'yes', list({ extensions: [c.listNumber('02')] }).der, STRICT],
  ['removeFromCRL', /takes a revocation back/, 'yes', list({ revoked: [c.revokedEntry('2a', [reason(8)])] }).der, 'only a delta list may'],
  ['rfc5280: of the future', /of the future/, 'no', list({ from: utcTime('310101000000Z'), until: utcTime('320101000000Z') }).der],
  [
    'past its time',
    'taken',
    'no',
    list({ until: utcTime('260615000000Z') }).der,
    'its revocations still count, and the site says what else a stale list means',
  ],
  ['no next update', /next one/, 'yes', list({ until: 'none' }).der, 'it would never be stale'],
  ['next update before this one', /before it/, 'no', list({ until: utcTime('260101000000Z') }).der],
  ['rfc5280: number of 21 octets', /more than 20/, 'yes', list({ number: '7f'.repeat(21) }).der, STRICT],
  ['a negative number', /negative/, 'yes', list({ number: '80' }).der, STRICT],
  ['rfc5280: no number', 'taken', 'yes', list({ version: 'v2', number: '00' }).der],
  ['two signature algorithms', /two signature/, 'no', list({ algorithms: [c.ECDSA_SHA256, seq(oid('1.2.840.10045.4.3.3'))] }).der],
  ['SHA-1', /algorithm is not taken/, 'yes', list({ algorithms: [c.ECDSA_SHA1, c.ECDSA_SHA1], hash: 'sha1' }).der, 'too old'],
  ['wrong signature', /signed by none/, 'no', c.revoke({ by: { ...root, key: c.keyOf('thief') } }).der],
  ['another authority', /signed by none/, 'no', c.revoke({ by: loopA }).der],
  ['an authority that may not sign lists', /may not sign/, 'no', list().der, '', noSigner],
  ['bytes behind it', /behind its end/, 'yes', Buffer.concat([list().der, Buffer.from([0])]), 'OpenSSL reads the first'],
  ['cut off', /too early/, 'no', list().der.subarray(0, 60)],
]

const folder = mkdtempSync(join(tmpdir(), 'breakwall-corpus-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const pems = (all: readonly c.Made[]): string => all.map(({ pem }) => pem).join('')
function openssl(chain: readonly c.Made[], anchors: readonly c.Made[], crl: Buffer | 'none' = 'none'): { verdict: Verdict; said: string } {
  const [own, ...sent] = chain
  const untrusted = sent.length === 0 ? [] : ['-untrusted', write('untrusted.pem', pems(sent))]
  const check = crl === 'none' ? [] : ['-crl_check', '-CRLfile', write('list.pem', toPem('X509 CRL', crl))]
  const files = ['-CAfile', write('anchors.pem', pems(anchors)), ...untrusted, ...check, write('own.pem', own?.pem ?? '')]
  const flags = ['-no-CApath', '-no-CAstore', '-partial_chain', '-purpose', 'sslclient', '-attime', String(c.NOW_MS / 1000)]
  const { status, stdout, stderr } = spawnSync('openssl', ['verify', ...flags, ...files], { encoding: 'utf8' })
  return {
    verdict: status === 0 ? 'yes' : 'no',
    said: (stdout + stderr)
      .split('\n')
      .filter((line) => line.includes('error'))
      .join('; '),
  }
}
const clock = { utcUs: () => c.NOW_MS * 1000 }

function judge([own, ...sent]: readonly c.Made[], anchors: readonly c.Made[]): { verdict: Verdict; said: string } {
  try {
    const trust = createClientTrust({ authorities: anchors.map(c.read), lists: 'none', stale: 'refuse', clock })
    const standing = trust({ certificate: c.read(own ?? root), chain: sent.map(c.read) })
    return standing.kind === 'known' ? { verdict: 'yes', said: '' } : { verdict: 'no', said: standing.reason }
  } catch (error) {
    return { verdict: 'no', said: String(error) } // Node cannot read it: no handshake gets that far
  }
}

t.test(
  'each chain of the corpus gets its verdict, which is never less strict than that of OpenSSL [CR 1.8] [CR 1.9]',
  { skip: skipWithoutOpenssl },
  (t) => {
    for (const [name, expected, foreign, chain, anchors, why] of chains) {
      const [ours, theirs] = [judge(chain, anchors), openssl(chain, anchors)]
      t.equal(ours.verdict, expected, `${name}: ours (${ours.said})`)
      t.equal(theirs.verdict, foreign, `${name}: OpenSSL's (${theirs.said})`)
      t.equal(why !== undefined, expected !== foreign, `${name}: a difference has its reason`)
      t.notOk(ours.verdict === 'yes' && theirs.verdict === 'no', `${name}: ours is not laxer`)
    }
    t.ok(chains.length + lists.length >= 60, `${chains.length} chains and ${lists.length} lists`)
    t.end()
  },
)

t.test('each list of the corpus is taken or refused with its reason [CR 1.9]', { skip: skipWithoutOpenssl }, (t) => {
  for (const [name, expected, foreign, der, why, anchor = root] of lists) {
    const file = write('list.der', '')
    writeFileSync(file, der)
    const read = readRevocation([file], [c.read(anchor)], c.NOW_MS)
    const ours = read.kind === 'unusable' ? read.why : (read.untaken[0]?.why ?? 'taken')
    if (expected === 'taken') t.equal(ours, 'taken', name)
    else t.match(ours, expected, name)
    if (read.kind === 'read' && expected !== 'taken') t.equal(read.lists.size, 0, `${name}: nothing of it is used`)
    const theirs = openssl([leafOf(root)], [anchor], der)
    t.equal(theirs.verdict, foreign, `${name}: OpenSSL's (${theirs.said})`)
    if ((expected === 'taken') !== (foreign === 'yes')) t.ok(why, `${name}: a difference has its reason`)
  }
  t.end()
})
