import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import type { BundleChoice, CertificateView, IssuedList, IssuedView, PkiAnswer, PkiDesk, PublishedView } from '../../contract/index.ts'
import { call } from '../client.ts'
import { type Parts, type Terminal, exitCode } from '../parts.ts'
import { table } from '../text/table.ts'

type Keep = { dir: string; json: boolean; passphraseFile?: string }
const SHORTEST_PASSPHRASE = 12

/** `breakwall ca`, `cert` and `crl`: the site's own authority, on files; the running gateway is asked for who was seen only. */
export function certificates(parts: Parts): void {
  authority(parts)
  certificate(parts)
}

function withDesk(command: Command): Command {
  return command
    .addOption(new Option('--dir <folder>', "the authority's folder").default('pki'))
    .option('--json', 'print JSON for a program', false)
    .option('--passphrase-file <file>', "the file whose first line opens the authority's key; else it is asked for")
}

/** What opens the key of the authority: a file, a credential of systemd, or who types it; empty where it is in the clear. */
async function passphraseOf({ dir, passphraseFile }: Keep, { offline, terminal }: Parts): Promise<string> {
  if (passphraseFile !== undefined) return firstLine(passphraseFile)
  const credential = join(terminal.credentials, 'ca.passphrase')
  if (existsSync(credential)) return firstLine(credential)
  return offline.pki.needsPassphrase(dir) ? ((await terminal.askSecret('passphrase of the authority: ')) ?? '') : ''
}
const firstLine = (file: string): string => readFileSync(file, 'utf8').split(/\r?\n/)[0] ?? ''

function say<T>(answer: PkiAnswer<T>, json: boolean, text: (value: T) => string, terminal: Terminal): number {
  if (answer.kind === 'done') {
    terminal.out(json ? JSON.stringify(answer.value) : text(answer.value))
    return exitCode.done
  }
  if (json) terminal.out(JSON.stringify({ error: answer.why, hint: answer.hint }))
  else terminal.error(`breakwall: error: ${answer.why}\nbreakwall: hint: ${answer.hint}`)
  return exitCode.refused
}

const day = (iso: string): string => iso.slice(0, 10)
function issuedText({ certificateFile, keyFile, bundleFile, expires, bundlePassphrase }: IssuedView): string {
  const lines = [certificateFile, keyFile, bundleFile].filter((file) => file !== '')
  const secret = bundleFile === '' ? [] : [`passphrase of ${bundleFile}: ${bundlePassphrase ?? ''}   (shown this once)`]
  return [...lines, `valid until ${day(expires)}`, ...secret].join('\n')
}
const publishedText = ({ file, revoked, next }: PublishedView): string =>
  `${file}\n${revoked} revoked; the next list is due by ${day(next)}: breakwall crl publish`

function authority(parts: Parts): void {
  const { group, offline, terminal, finish } = parts
  const { plain } = group('ca', "the site's certificate authority")
  withDesk(plain('init', 'make it: keys in a folder of mode 0700, an empty revocation list'))
    .option('--site <name>', 'the name in its certificate', 'Breakwall site')
    .option('--rsa', 'RSA 3072 in place of P-256', false)
    .option('--without-passphrase', 'keep its key in the clear, in a file of mode 0600', false)
    .action(async (options: Keep & { site: string; rsa: boolean; withoutPassphrase: boolean }) => {
      const passphrase = options.withoutPassphrase ? '' : await newPassphrase(options, parts)
      if (passphrase === undefined) return finish(exitCode.usage)
      const made = await offline.pki.init({ folder: options.dir, passphrase }, options.site, options.rsa)
      const clear = 'warning: its key is in the clear: keep the folder off the gateway, or make it with a passphrase'
      finish(say(made, options.json, (view) => [issuedText(view), ...(passphrase === '' ? [clear] : [])].join('\n'), terminal))
    })
  withDesk(plain('rotate', 'a second root beside the first, for the time that both are trusted'))
    .option('--rsa', 'RSA 3072 in place of P-256', false)
    .action(async (options: Keep & { rsa: boolean }) => {
      const made = await offline.pki.rotate(await desk(options, parts), options.rsa)
      const next =
        'bring site-ca.crt, which holds both roots, to every listener and client; renew each certificate; then breakwall ca retire'
      finish(say(made, options.json, (view) => `${issuedText(view)}\nnext: ${next}`, terminal))
    })
  withDesk(plain('retire', 'end the overlap: the older root is trusted no longer'))
    .option('--force', 'even while it stands behind certificates that are valid', false)
    .action(async (options: Keep & { force: boolean }) => {
      const done = await offline.pki.retire(await desk(options, parts), options.force)
      finish(say(done, options.json, ({ roots }) => `${roots} root retired; bring site-ca.crt to every listener and client`, terminal))
    })
  issueOptions(withDesk(plain('sign <request>', 'sign a request that was made elsewhere; the file of the certificate goes back there')))
    .option('--name <name>', 'the name in the certificate; the name of the file when left out')
    .action(async (file: string, options: Keep & IssueOptions & { name?: string }) => {
      const name = options.name ?? (file.split('/').at(-1) ?? file).replace(/\.(csr|pem|req)$/, '')
      const made = await offline.pki.issue(await desk(options, parts), { ...orderOf(name, options), csrFile: file })
      finish(
        say(
          made,
          options.json,
          (view) => `${issuedText(view)}\nthere: breakwall cert import ${name}.crt --authorities site-ca.crt`,
          terminal,
        ),
      )
    })
  const lists = group('crl', 'revocation lists')
  withDesk(lists.plain('publish', 'write the revocation list anew; a gateway that reads its file takes it within seconds'))
    .option('--days <days>', 'how long it holds', '30')
    .action(async (options: Keep & { days: string }) =>
      finish(say(await offline.pki.publish(await desk(options, parts), Number(options.days)), options.json, publishedText, terminal)),
    )
}

const desk = async (options: Keep, parts: Parts): Promise<PkiDesk> => ({
  folder: options.dir,
  passphrase: await passphraseOf(options, parts),
})

/** Asked twice; from a pipe once. */
async function newPassphrase(options: Keep, parts: Parts): Promise<string | undefined> {
  const { terminal } = parts
  const typed =
    options.passphraseFile === undefined
      ? await terminal.askSecret(`passphrase for the authority's key, ${SHORTEST_PASSPHRASE} characters at least: `)
      : firstLine(options.passphraseFile)
  const wrong = (why: string, hint: string): undefined => {
    terminal.error(`breakwall: error: ${why}\nbreakwall: hint: ${hint}`)
    return undefined
  }
  if (typed === undefined || typed.length < SHORTEST_PASSPHRASE)
    return wrong(
      `a passphrase of ${SHORTEST_PASSPHRASE} characters at least is needed`,
      '--passphrase-file FILE, or --without-passphrase for a trial',
    )
  if (options.passphraseFile !== undefined || !terminal.interactive) return typed
  return (await terminal.askSecret('once more: ')) === typed ? typed : wrong('the two are not the same', 'nothing was made')
}

type IssueOptions = { role?: string; host?: string[]; days: string }
const issueOptions = (command: Command): Command =>
  command
    .option('--role <role>', 'the one role of a client, such as Operator')
    .option('--host <host...>', 'names and addresses of a server')
    .option('--days <days>', 'how long it is valid', '365')

const orderOf = (name: string, { role, host, days }: IssueOptions) => ({
  name,
  role: role ?? '',
  hosts: host ?? [],
  days: Number(days),
  rsa: false,
  bundle: 'none' as const,
  csrFile: '',
})

type BundleOptions = { p12: boolean; p12Legacy: boolean }
const OLDER_BUNDLE = 'the bundle in the older form (3DES, SHA-1) that Windows Server 2016 and 2012 R2 need'
const bundleChosen = ({ p12, p12Legacy }: BundleOptions): BundleChoice => (p12Legacy ? '3des-sha1' : p12 ? 'aes-256' : 'none')
const withWarning = (text: string, bundle: BundleChoice): string =>
  bundle === '3des-sha1'
    ? `${text}\nwarning: 3DES and SHA-1 protect this bundle weakly: carry it by hand, import it, delete it; --p12 is for newer systems`
    : text

function certificate(parts: Parts): void {
  const { group, offline, terminal, finish } = parts
  const { plain, command } = group('cert', 'certificates of clients and of the gateway')
  issueOptions(withDesk(plain('issue <name>', 'one certificate with its key: for a client with --role, for the gateway with --host')))
    .option('--rsa', 'RSA 3072 in place of P-256, for SCADA that knows nothing else', false)
    .option('--p12', 'a PKCS#12 bundle too, under a passphrase that is shown once', false)
    .option('--p12-legacy', OLDER_BUNDLE, false)
    .option('--csr <file>', 'for a key that was made elsewhere: its PKCS#10 request')
    .action(async (name: string, options: Keep & IssueOptions & BundleOptions & { rsa: boolean; csr?: string }) => {
      const { rsa, csr: csrFile = '' } = options
      const bundle = bundleChosen(options)
      const made = await offline.pki.issue(await desk(options, parts), { ...orderOf(name, options), rsa, bundle, csrFile })
      finish(say(made, options.json, (view) => withWarning(issuedText(view), bundle), terminal))
    })
  withDesk(plain('renew <name>', 'a new key and certificate for the same name and role; the pair before it is kept as NAME.previous'))
    .option('--days <days>', 'how long it is valid', '365')
    .option('--p12', 'a PKCS#12 bundle too', false)
    .option('--p12-legacy', OLDER_BUNDLE, false)
    .action(async (name: string, options: Keep & BundleOptions & { days: string }) => {
      const bundle = bundleChosen(options)
      const made = await offline.pki.renew(await desk(options, parts), name, Number(options.days), bundle)
      finish(say(made, options.json, (view) => withWarning(issuedText(view), bundle), terminal))
    })
  withDesk(plain('revoke <name>', 'revoke a certificate, by name or serial number, and publish the list'))
    .option('--reason <reason>', 'unspecified, key-compromise, affiliation-changed, superseded or cessation-of-operation', 'unspecified')
    .action(async (which: string, options: Keep & { reason: string }) =>
      finish(say(await offline.pki.revoke(await desk(options, parts), which, options.reason), options.json, publishedText, terminal)),
    )
  withDesk(plain('request <name>', 'make a key here and a request for its certificate, for an authority elsewhere'))
    .option('--rsa', 'RSA 3072 in place of P-256', false)
    .action(async (name: string, options: Keep & { rsa: boolean }) => {
      const made = await offline.pki.request(options.dir, name, options.rsa)
      const next = 'next: carry the request to the authority, breakwall ca sign there, breakwall cert import here'
      finish(say(made, options.json, ({ requestFile, keyFile }) => [requestFile, keyFile, next].join('\n'), terminal))
    })
  withDesk(plain('import <file>', 'take a certificate that another authority has signed, and put it beside its key'))
    .option('--authorities <file>', 'PEM with the authorities that the site trusts from now on')
    .action((file: string, options: Keep & { authorities?: string }) => {
      const done = offline.pki.importCertificate(options.dir, file, options.authorities ?? '')
      finish(
        say(
          done,
          options.json,
          ({ certificateFile, keyFile, authoritiesFile }) => [certificateFile, keyFile, authoritiesFile].filter(Boolean).join('\n'),
          terminal,
        ),
      )
    })
  command('list', 'who has a certificate: role, end, when it was seen last')
    .addOption(new Option('--dir <folder>', "the authority's folder").default('pki'))
    .action(async ({ json, api, dir }: Keep & { api?: string }) => {
      const issued = offline.pki.list(dir)
      const seen = await call<readonly CertificateView[]>(terminal.findSocket(api), 'GET', '/v1/certificates')
      if (issued.kind === 'failed' && seen.kind !== 'ok') return finish(say(issued, json, () => '', terminal))
      const rows = merged(issued.kind === 'done' ? issued.value.issued : [], seen.kind === 'ok' ? seen.value : [])
      const note = seen.kind === 'ok' ? '' : `\nno gateway was asked who was seen: ${seen.error}`
      terminal.out(json ? JSON.stringify(rows) : `${listText(rows)}${note}`)
    })
}

type Row = {
  readonly name: string
  readonly role: string
  readonly where: string
  readonly expires: string
  readonly lastSeen: string
  readonly state: string
}

/** What was issued here, and what the gateway has seen or uses besides. */
function merged(issued: IssuedList['issued'], seen: readonly CertificateView[]): readonly Row[] {
  const known = new Map(seen.map((view) => [view.fingerprint, view]))
  const here = issued.map(({ name, role, hosts, fingerprint, expires, revoked }): Row => {
    const view = known.get(fingerprint)
    known.delete(fingerprint)
    return {
      name,
      role,
      where: view?.where ?? hosts.join(' '),
      expires,
      lastSeen: view?.lastSeen ?? '',
      state: revoked === '' ? '' : `revoked ${revoked}`,
    }
  })
  const others = [...known.values()].map(({ name, role, where, expires, lastSeen, kind }) => ({
    name,
    role,
    where,
    expires,
    lastSeen,
    state: kind,
  }))
  return [...here, ...others].sort((a, b) => (a.expires < b.expires ? -1 : 1))
}

function listText(rows: readonly Row[]): string {
  if (rows.length === 0) return 'no certificates'
  const cells = rows.map(({ name, role, where, expires, lastSeen, state }) => [
    ...[name, role || '-', where, day(expires)],
    ...[lastSeen === '' ? '-' : lastSeen.slice(0, 16).replace('T', ' '), state],
  ])
  return table([['Name', 'Role', 'Where', 'Ends', 'Last seen (UTC)', ''], ...cells])
}
