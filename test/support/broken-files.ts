import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CA, certify } from './chains.ts'
import { utcTime } from './der.ts'
import { foreignCertificate, openssl } from './openssl.ts'
import { issue, makeAuthority } from './pki.ts'

/** What somebody did to the files of a site, and what is to be said of it, at which key of which table. */
export type BrokenFile = {
  readonly what: string
  readonly spoil: (at: (name: string) => string) => void
  readonly says: RegExp
  /** The line of the configuration that has to be named. */
  readonly line: string
  /** The command after the colon is run as it is; what it writes takes the place of this file, and the site is good. */
  readonly mended?: string
}

const GATEWAY = 'certificate = "gateway.crt"'
const KEY = 'key = "gateway.key"'
const CLIENTS = 'clients = "site-ca.crt"'
const LIST = 'revocation = ["site-ca.crl"]'
const PINNED = 'pinned = "receiver.crt"'

/** The files that `siteOfFiles` names. */
export async function makeFiles(folder: string): Promise<void> {
  await makeAuthority(folder)
  await issue(folder, 'gateway', { kind: 'server', hosts: ['127.0.0.1'] })
  await issue(folder, 'console', { kind: 'server', hosts: ['breakwall.example'] })
  await issue(folder, 'receiver', { kind: 'server', hosts: ['127.0.0.1'] })
  await issue(folder, 'sender', { kind: 'client-without-role' })
}

/** A site whose every kind of file is named once. */
export const siteOfFiles = `[site]
name = "files"
[state]
directory = "state"
[api]
socket = "api.sock"
[vault]
key = "vault.key"
[[listener]]
name = "scada"
address = "127.0.0.1:0"
certificate = "gateway.crt"
key = "gateway.key"
clients = "site-ca.crt"
revocation = ["site-ca.crl"]
[[access]]
from = "127.0.0.1"
level = "control"
[[bus]]
name = "eth"
address = "127.0.0.1:9"
certificate = "sender.crt"
key = "sender.key"
devices = "site-ca.crt"
[[breaker]]
name = "Q1"
unit = 1
bus = "eth"
profile = "nsx-bscm"
[roles.SecurityAdmin]
may = ["monitor"]
[console]
address = "127.0.0.1:0"
name = "breakwall.example"
certificate = "console.crt"
key = "console.key"
[[sink]]
name = "soc"
kind = "tls"
address = "127.0.0.1:9"
pinned = "receiver.crt"
`

const edit = (file: string, change: (text: string) => string): void => writeFileSync(file, change(readFileSync(file, 'utf8')))
/** Rewrites a file by a command of openssl that reads it. */
const by = (file: string, ...args: string[]): void => {
  const whole = args.map((one) => (one === 'IN' ? file : one === 'OUT' ? `${file}.out` : one))
  openssl(...whole)
  copyFileSync(`${file}.out`, file)
}
const blocks = (text: string): string[] => text.match(/-----BEGIN [^]*?-----END [^-]+-----\n/g) ?? []
const p12 = (at: (name: string) => string, to: string): void => {
  const args = ['pkcs12', '-export', '-in', at('gateway.crt'), '-inkey', at('gateway.key'), '-passout', 'pass:', '-out', at('p12')]
  openssl(...args)
  copyFileSync(at('p12'), at(to))
}

/** What the gateway does not start with: `check`, the start and the reload have to say the same of it. */
export const brokenFiles: readonly BrokenFile[] = [
  { what: 'an empty file', spoil: (at) => writeFileSync(at('gateway.crt'), '\n'), says: /gateway.crt: the file is empty/, line: GATEWAY },
  {
    what: 'DER',
    says: /gateway.crt: it is DER, expected PEM: openssl x509/,
    line: GATEWAY,
    mended: 'gateway.crt',
    spoil: (at) => by(at('gateway.crt'), 'x509', '-in', 'IN', '-outform', 'der', '-out', 'OUT'),
  },
  {
    what: 'a key in DER',
    says: /gateway.key: it is DER, expected PEM: openssl pkey/,
    line: KEY,
    mended: 'gateway.key',
    spoil: (at) => by(at('gateway.key'), 'pkey', '-in', 'IN', '-outform', 'der', '-out', 'OUT'),
  },
  {
    what: 'PKCS#7',
    says: /gateway.crt: it is PKCS#7.*openssl pkcs7 -in/,
    line: GATEWAY,
    mended: 'gateway.crt',
    spoil: (at) => by(at('gateway.crt'), 'crl2pkcs7', '-nocrl', '-certfile', 'IN', '-out', 'OUT'),
  },
  {
    what: 'PKCS#7 in DER',
    says: /it is PKCS#7.*openssl pkcs7 -inform der/,
    line: GATEWAY,
    mended: 'gateway.crt',
    spoil: (at) => by(at('gateway.crt'), 'crl2pkcs7', '-nocrl', '-certfile', 'IN', '-outform', 'der', '-out', 'OUT'),
  },
  { what: 'PKCS#12', spoil: (at) => p12(at, 'gateway.crt'), says: /gateway.crt: it is a PKCS#12.*-nokeys/, line: GATEWAY },
  { what: 'PKCS#12 as key', spoil: (at) => p12(at, 'gateway.key'), says: /gateway.key: it is a PKCS#12.*-nocerts -nodes/, line: KEY },
  {
    what: 'an encrypted key',
    says: /gateway.key: the key is encrypted.*: openssl pkey/,
    line: KEY,
    spoil: (at) => by(at('gateway.key'), 'pkcs8', '-topk8', '-in', 'IN', '-passout', 'pass:x', '-out', 'OUT'),
  },
  {
    what: 'an encrypted key of the older form',
    says: /gateway.key: the key is encrypted/,
    line: KEY,
    spoil: (at) => by(at('gateway.key'), 'ec', '-in', 'IN', '-aes256', '-passout', 'pass:x', '-out', 'OUT'),
  },
  {
    what: 'a request',
    says: /gateway.crt: it is a request \(CSR\).*breakwall ca sign/,
    line: GATEWAY,
    spoil: (at) => openssl('req', '-new', '-key', at('gateway.key'), '-subj', '/CN=x', '-out', at('gateway.crt')),
  },
  {
    what: 'a key as certificate',
    says: /gateway.crt: it holds private key.*exchanged/,
    line: GATEWAY,
    spoil: (at) => copyFileSync(at('gateway.key'), at('gateway.crt')),
  },
  {
    what: 'a certificate as key',
    says: /gateway.key: it holds certificate, not a private key/,
    line: KEY,
    spoil: (at) => copyFileSync(at('gateway.crt'), at('gateway.key')),
  },
  {
    what: 'another key',
    says: /gateway.key: this key does not belong to .*gateway.crt: breakwall cert issue/,
    line: KEY,
    spoil: (at) => copyFileSync(at('console.key'), at('gateway.key')),
  },
  {
    what: 'the root first',
    says: /gateway.crt: the chain is in the wrong order: .* is number 2 in it/,
    line: GATEWAY,
    spoil: (at) => edit(at('gateway.crt'), (text) => blocks(text).reverse().join('')),
  },
  {
    what: 'a damaged issuer',
    says: /gateway.crt: a certificate in it is damaged/,
    line: GATEWAY,
    spoil: (at) =>
      edit(at('gateway.crt'), (text) => `${blocks(text)[0] ?? ''}-----BEGIN CERTIFICATE-----\nTWlz\n-----END CERTIFICATE-----\n`),
  },
  {
    what: 'a key with the certificate, for everybody',
    says: /gateway.crt: everybody may read it \(mode 0644\).*private key in it: chmod 600/,
    line: GATEWAY,
    mended: 'gateway.crt',
    spoil(at) {
      edit(at('gateway.crt'), (text) => text + readFileSync(at('gateway.key'), 'utf8'))
      chmodSync(at('gateway.crt'), 0o644)
    },
  },
  {
    what: 'a certificate cut off',
    says: /gateway.crt: a certificate in it \(number 1\) is cut off/,
    line: GATEWAY,
    spoil: (at) => edit(at('gateway.crt'), (text) => text.slice(0, 300)),
  },
  {
    what: 'the second authority cut off',
    says: /site-ca.crt: a certificate in it \(number 2\) is cut off/,
    line: CLIENTS,
    spoil: (at) => edit(at('site-ca.crt'), (text) => text + text.slice(0, 300)),
  },
  {
    what: 'a list cut off',
    says: /site-ca.crl: a revocation list in it \(number 1\) is cut off/,
    line: LIST,
    spoil: (at) => edit(at('site-ca.crl'), (text) => text.slice(0, 200)),
  },
  {
    what: 'a list whose links lead in a circle',
    says: /site-ca.crl: its symbolic links lead back to themselves/,
    line: LIST,
    spoil(at) {
      rmSync(at('site-ca.crl'))
      symlinkSync(at('site-ca.crl'), at('site-ca.crl'))
    },
  },
  {
    what: 'a folder as list',
    says: /site-ca.crl: it is a folder, expected a file/,
    line: LIST,
    spoil(at) {
      rmSync(at('site-ca.crl'))
      mkdirSync(at('site-ca.crl'))
    },
  },
  {
    what: 'authorities in PKCS#7',
    says: /site-ca.crt: it is PKCS#7.*in the configuration$/,
    line: CLIENTS,
    mended: 'site-ca.crt',
    spoil: (at) => by(at('site-ca.crt'), 'crl2pkcs7', '-nocrl', '-certfile', 'IN', '-out', 'OUT'),
  },
  {
    what: 'another key, of a site without an authority',
    says: /this key does not belong to .*: openssl x509 -in .* -noout -issuer/,
    line: KEY,
    spoil(at) {
      rmSync(at('authority.json'))
      copyFileSync(at('console.key'), at('gateway.key'))
    },
  },
  {
    what: 'a byte order mark',
    says: /begins with a byte order mark.*: sed -i/,
    line: GATEWAY,
    mended: 'gateway.crt',
    spoil: (at) => edit(at('gateway.crt'), (text) => `\uFEFF${text}`),
  },
  {
    what: 'UTF-16',
    says: /gateway.crt: it is UTF-16.*: iconv/,
    line: GATEWAY,
    mended: 'gateway.crt',
    spoil: (at) => writeFileSync(at('gateway.crt'), Buffer.from(`\uFEFF${readFileSync(at('gateway.crt'), 'utf8')}`, 'utf16le')),
  },
  {
    what: 'an indented text',
    says: /has characters before it: sed -i/,
    line: GATEWAY,
    mended: 'gateway.crt',
    spoil: (at) => edit(at('gateway.crt'), (text) => text.replace(/^/gm, '    ')),
  },
  {
    what: 'no PEM at all',
    spoil: (at) => writeFileSync(at('gateway.crt'), 'see mail'),
    says: /it holds no PEM: expected a cert/,
    line: GATEWAY,
  },
  {
    what: 'a weak key',
    says: /gateway.crt: a key in its chain is too short.*2048/,
    line: GATEWAY,
    spoil: (at) => {
      const names = ['-subj', '/CN=w', '-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=CA:FALSE']
      const files = ['-keyout', at('gateway.key'), '-out', at('gateway.crt')]
      openssl('req', '-x509', '-newkey', 'rsa:1024', '-nodes', ...names, ...files)
    },
  },
  {
    what: 'a key for everybody',
    says: /gateway.key: everybody may read this key \(mode 0644\): chmod 600/,
    line: KEY,
    spoil: (at) => chmodSync(at('gateway.key'), 0o644),
    mended: 'gateway.key',
  },
  {
    what: 'no authority',
    says: /site-ca.crt: this is not the certificate of an authority/,
    line: CLIENTS,
    spoil: (at) => edit(at('site-ca.crt'), () => blocks(readFileSync(at('gateway.crt'), 'utf8'))[0] ?? ''),
  },
  {
    what: 'an authority in DER',
    says: /site-ca.crt: it is DER/,
    line: CLIENTS,
    mended: 'site-ca.crt',
    spoil: (at) => by(at('site-ca.crt'), 'x509', '-in', 'IN', '-outform', 'der', '-out', 'OUT'),
  },
  { what: 'an empty list', spoil: (at) => writeFileSync(at('site-ca.crl'), ''), says: /site-ca.crl/, line: LIST },
  {
    what: 'a certificate as list',
    says: /site-ca.crl holds no revocation list/,
    line: LIST,
    spoil: (at) => copyFileSync(at('site-ca.crt'), at('site-ca.crl')),
  },
  {
    what: 'a pinned certificate in DER',
    says: /receiver.crt: it is DER/,
    line: PINNED,
    mended: 'receiver.crt',
    spoil: (at) => by(at('receiver.crt'), 'x509', '-in', 'IN', '-outform', 'der', '-out', 'OUT'),
  },
  {
    what: 'the key of a bus is another one',
    says: /sender.key: this key does not belong/,
    line: 'key = "sender.key"',
    spoil: (at) => copyFileSync(at('console.key'), at('sender.key')),
  },
]

const foreign = (at: (name: string) => string, options: Parameters<typeof foreignCertificate>[2]): void => {
  foreignCertificate(at('.'), 'foreign', options)
  writeFileSync(at('gateway.crt'), readFileSync(at('foreign.crt'), 'utf8') + readFileSync(at('site-ca.crt'), 'utf8'))
  copyFileSync(at('foreign.key'), at('gateway.key'))
  chmodSync(at('gateway.key'), 0o600)
}
const SAN = 'subjectAltName=IP:127.0.0.1'

/** What the gateway runs with, and `check` warns of. */
export const worrisomeFiles: readonly BrokenFile[] = [
  {
    what: 'expired',
    says: /gateway.crt: the certificate expired on 2021-01-01T00:00:00.000Z: breakwall cert renew/,
    line: GATEWAY,
    spoil: (at) => foreign(at, { extensions: [SAN], from: '20200101000000Z', until: '20210101000000Z' }),
  },
  {
    what: 'an authority that has expired',
    says: /site-ca.crt: certificate number 2 in it expired on 2026-05-01.*add the new certificate of that/,
    line: CLIENTS,
    spoil: (at) => edit(at('site-ca.crt'), (text) => text + certify({ name: 'old', extensions: CA, until: utcTime('260501000000Z') }).pem),
  },
  {
    what: 'not yet valid',
    says: /is not valid before 2090-01-01.*timedatectl/,
    line: GATEWAY,
    spoil: (at) => foreign(at, { extensions: [SAN], from: '20900101000000Z', until: '20910101000000Z' }),
  },
  {
    what: 'another host',
    says: /is not for 127.0.0.1 \(it has IP Address:10.9.9.9\).*--host 127.0.0.1/,
    line: GATEWAY,
    spoil: (at) => foreign(at, { extensions: ['subjectAltName=IP:10.9.9.9'] }),
  },
  {
    what: 'for clients only',
    says: /is not for serverAuth/,
    line: GATEWAY,
    spoil: (at) => foreign(at, { extensions: [SAN, 'extendedKeyUsage=clientAuth'] }),
  },
  {
    what: 'without its root',
    says: /the chain ends before its root, "CN=.*" is missing/,
    line: GATEWAY,
    spoil: (at) => edit(at('gateway.crt'), (text) => blocks(text)[0] ?? ''),
  },
  {
    what: 'a stranger behind it',
    says: /certificate number 2 did not sign the one before it/,
    line: GATEWAY,
    spoil: (at) => edit(at('gateway.crt'), (text) => (blocks(text)[0] ?? '') + readFileSync(at('receiver.crt'), 'utf8')),
  },
  {
    what: 'an authority without a list',
    says: /there is no list of "issuing", an authority of `clients`: its clients are held to reading/,
    line: LIST,
    spoil: (at) => edit(at('site-ca.crt'), (text) => text + certify({ name: 'issuing', extensions: CA }).pem),
  },
  {
    what: 'the pages under another name',
    says: /console.crt: the certificate is not for breakwall.example/,
    line: 'certificate = "console.crt"',
    spoil(at) {
      for (const ending of ['crt', 'key']) copyFileSync(at(`gateway.${ending}`), at(`console.${ending}`))
    },
  },
  {
    what: 'a vault key that others read',
    says: /the vault will be closed.*: .*chmod 600/,
    line: 'key = "vault.key"',
    spoil(at) {
      writeFileSync(at('vault.key'), `${'ab'.repeat(32)}\n`)
      chmodSync(at('vault.key'), 0o644)
    },
  },
]

/** What looks odd and is fine. */
export const fineFiles: readonly Pick<BrokenFile, 'what' | 'spoil'>[] = [
  { what: 'nothing', spoil: () => undefined },
  { what: 'Windows line ends', spoil: (at) => edit(at('gateway.crt'), (text) => text.replaceAll('\n', '\r\n')) },
  { what: 'text around', spoil: (at) => edit(at('gateway.crt'), (text) => `subject=CN=gateway\n\n${text}\nend of mail\n`) },
]

export const inFolder = (folder: string) => (name: string) => join(folder, name)
