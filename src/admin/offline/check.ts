import { X509Certificate } from 'node:crypto'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { type CheckedSite, type SiteListener, type Loaded, type Problem, loadSite } from '../../config/index.ts'
import {
  type PairFiles,
  type ShownAs,
  type Unusable,
  certificatesOf,
  chainWarnings,
  commonName,
  dateWarnings,
  describeCertificateWarning,
  isEncryptedKey,
  listFileFault,
  readAuthorities,
  readCertificate,
  readPair,
  readRevocation,
  checkSealed,
} from '../../identity/index.ts'
import { journalKeyFault } from '../../journal/index.ts'
import type { Clock } from '../../platform/index.ts'
import { unreadableByService } from './service-user.ts'

type Path = readonly (string | number)[]
type TlsListener = Extract<SiteListener['security'], { kind: 'tls' }>

/** What was found in the files of a site. `mistake`: the gateway does not start with it. `warning`: it does, and somebody is surprised later. */
type Found = { readonly kind: 'mistake' | 'warning'; readonly path: Path; readonly text: string }

/** `gateway`: as the gateway starts, which the files of the pages do not keep from it. */
export type Whose = 'all' | 'gateway'

/**
 * Reads a configuration and opens every file that it names, by the functions with which the gateway reads them at start and at a reload:
 * what they refuse is a mistake here, with the line that names the file.
 */
export function checkSite(file: string, clock: Pick<Clock, 'utcUs'>, whose: Whose = 'all'): Loaded {
  const loaded = loadSite(file)
  if (loaded.kind === 'problems') return loaded
  const { site } = loaded
  const nowMs = clock.utcUs() / 1000
  const found = [
    ...listenerFiles(site, nowMs),
    ...busFiles(site, nowMs),
    ...sinkFiles(site, nowMs),
    ...consoleFiles(site, nowMs, whose),
    ...secretFiles(site),
    ...stateFolder(site),
    ...(whose === 'all' ? journalKey(site) : []),
  ]
  const placed = (kind: Found['kind']): readonly Problem[] =>
    found.filter((one) => one.kind === kind).map(({ path, text }) => ({ file, ...loaded.placeOf(path), text }))
  const warnings = inOrder([...loaded.warnings, ...placed('warning')])
  const problems = placed('mistake')
  return problems.length === 0 ? { ...loaded, warnings } : { kind: 'problems', problems: inOrder(problems), warnings }
}

const inOrder = (problems: readonly Problem[]): readonly Problem[] => [...problems].sort((a, b) => a.line - b.line || a.column - b.column)

const refused = (path: Path, { why, mend }: Unusable): Found => ({ kind: 'mistake', path, text: `${why}: ${mend}` })
const warned = (path: Path, text: string): Found => ({ kind: 'warning', path, text })

function listenerFiles({ listeners, stateDirectory }: CheckedSite, nowMs: number): readonly Found[] {
  const found: Found[] = []
  for (const [i, { security, host }] of listeners.entries()) {
    if (security.kind === 'clear-text') continue
    const at: Path = ['listener', i]
    for (const [n, pair] of security.pairs.entries())
      found.push(...pairFiles(pair, { kind: 'server', hosts: [host] }, { at, number: n, stateDirectory, nowMs }))
    const { clientsFile, revocationFiles } = security
    found.push(...trustFile('authority', clientsFile, [...at, 'clients'], stateDirectory, nowMs))
    const authorities = readAuthorities(clientsFile)
    if (authorities.kind === 'unusable') continue
    for (const [n, list] of revocationFiles.entries()) {
      const path = [...at, 'revocation', n]
      const fault = listFileFault(list)
      if (fault !== 'fine') {
        found.push(refused(path, fault))
        continue
      }
      const read = readRevocation([list], authorities.list, nowMs)
      if (read.kind === 'unusable')
        found.push({ kind: 'mistake', path, text: `${read.why}: openssl crl -in ${list} -noout -text shows its issuer and dates` })
      else {
        for (const { name, nextMs } of read.lists.values())
          if (nowMs > nextMs)
            found.push(warned(path, `${list}: the list of ${name} was due for renewal on ${iso(nextMs)}: breakwall crl publish`))
        for (const { name, why } of read.untaken) found.push(warned(path, `${list}: the list of ${name} is not used: ${why}`))
      }
      found.push(...ownership(list, path, stateDirectory))
    }
    found.push(...unlisted(security, authorities.list, [...at, 'revocation'], nowMs))
  }
  return found
}

const withoutList: Readonly<Record<TlsListener['stale'], string>> = {
  refuse: 'refused',
  read: 'held to reading',
  admit: 'admitted without being looked up',
}

/** Authorities of `clients` that no list is there of, although the listener has lists: what their clients get is `stale-revocation`. */
function unlisted(
  { revocationFiles, stale }: TlsListener,
  authorities: readonly X509Certificate[],
  path: Path,
  nowMs: number,
): readonly Found[] {
  if (revocationFiles.length === 0) return []
  const read = readRevocation(revocationFiles, authorities, nowMs)
  if (read.kind === 'unusable') return []
  return authorities
    .filter(({ fingerprint256 }) => !read.lists.has(fingerprint256))
    .map((one) =>
      warned(
        path,
        `there is no list of "${commonName(one)}", an authority of \`clients\`: its clients are ${withoutList[stale]} ` +
          `(stale-revocation = "${stale}"): add its list; openssl crl -in FILE -noout -issuer shows whose a list is`,
      ),
    )
}

const iso = (ms: number): string => new Date(ms).toISOString()

function busFiles({ buses, stateDirectory }: CheckedSite, nowMs: number): readonly Found[] {
  return buses.flatMap((bus, i) => {
    if (bus.kind !== 'tcp' || bus.tls === 'none') return []
    const at: Path = ['bus', i]
    const { trust } = bus.tls
    return [
      ...pairFiles(bus.tls, { kind: 'client' }, { at, stateDirectory, nowMs }),
      ...trustFile(trust.kind, trust.file, [...at, trust.kind === 'authority' ? 'devices' : 'pinned'], stateDirectory, nowMs),
    ]
  })
}

function sinkFiles({ sinks, stateDirectory }: CheckedSite, nowMs: number): readonly Found[] {
  return sinks.flatMap(({ transport }, i) => {
    if (!('tls' in transport) || transport.tls === 'none') return []
    const at: Path = ['sink', i]
    const { trust, pair } = transport.tls
    return [
      ...trustFile(trust.kind, trust.file, [...at, trust.kind], stateDirectory, nowMs),
      ...(pair === 'none' ? [] : pairFiles(pair, { kind: 'client' }, { at, stateDirectory, nowMs })),
    ]
  })
}

/**
 * The pages are a service of their own. Their files keep only them from starting, and their key may be one that only their user can read:
 * then nothing is said of it.
 */
function consoleFiles({ console: pages }: CheckedSite, nowMs: number, whose: Whose): readonly Found[] {
  if (pages === 'none' || !isReadable(pages.keyFile)) return []
  const found = pairFiles(pages, { kind: 'server', hosts: [pages.name] }, { at: ['console'], stateDirectory: 'none', nowMs })
  return whose === 'all' ? found : found.map((one) => ({ ...one, kind: 'warning' }))
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK)
    return true
  } catch {
    return false
  }
}

/** With a key that does not open, the gateway starts and denies every operation. The file counts only where there is no credential. */
function journalKey({ stateDirectory }: CheckedSite): readonly Found[] {
  const found = journalKeyFault(stateDirectory)
  if (found === 'none') return []
  const file = `${stateDirectory}/journal.key`
  const fault = isEncryptedKey(file)
    ? `${file} is encrypted, and there is no passphrase for it: openssl pkey -in ${file} writes it in the clear`
    : found
  return [warned(['state', 'directory'], `checkpoints cannot be signed, every operation will be denied: ${fault}`)]
}

function stateFolder({ stateDirectory }: CheckedSite): readonly Found[] {
  const found = statSync(stateDirectory, { throwIfNoEntry: false })
  if (found === undefined || found.isDirectory()) return []
  const text = `${stateDirectory} is a file, expected a folder: name another one, or move the file away`
  return [{ kind: 'mistake', path: ['state', 'directory'], text }]
}

/** What opens nothing is no reason not to start: without passwords and people the gateway goes on reading, and says so. */
function secretFiles({ vaultFile, vaultKeyFile, stateDirectory }: CheckedSite): readonly Found[] {
  const vault = checkSealed(vaultFile, vaultKeyFile, 'breakwall-vault-1')
  const people = checkSealed(`${stateDirectory}/people`, `${stateDirectory}/people.key`, 'breakwall-people-1')
  return [
    ...(vault.kind === 'opens' ? [] : [warned(['vault', 'key'], `the vault will be closed, no password is used: ${vault.why}`)]),
    ...(people.kind === 'opens' ? [] : [warned(['state', 'directory'], `nobody will be able to log in: ${people.why}`)]),
    ...(existsSync(vaultKeyFile) ? ownership(vaultKeyFile, ['vault', 'key'], stateDirectory) : []),
  ]
}

/** `number`: which of several pairs in the same table. */
type Where = { readonly at: Path; readonly number?: number; readonly stateDirectory: string; readonly nowMs: number }

function pairFiles(pair: PairFiles, shownAs: ShownAs, { at, number = 0, stateDirectory, nowMs }: Where): readonly Found[] {
  const certificate: Path = [...at, 'certificate', number]
  const key: Path = [...at, 'key', number]
  const read = readPair(pair)
  const owners = [...ownership(pair.certificateFile, certificate, stateDirectory), ...ownership(pair.keyFile, key, stateDirectory)]
  if ('kind' in read) return [refused(read.file === pair.keyFile ? key : certificate, read), ...owners]
  const chain = certificatesOf(read.certificate)
  return [...certificateWarnings(chain, shownAs, nowMs, pair.certificateFile, certificate), ...owners]
}

const certificateWarnings = (
  chain: readonly X509Certificate[],
  shownAs: ShownAs,
  nowMs: number,
  file: string,
  path: Path,
): readonly Found[] => chainWarnings(chain, shownAs, nowMs).map((one) => warned(path, describeCertificateWarning(one, file)))

function trustFile(kind: 'authority' | 'pinned', file: string, path: Path, stateDirectory: string, nowMs: number): readonly Found[] {
  const read = kind === 'authority' ? readAuthorities(file) : readCertificate(file)
  const owners = ownership(file, path, stateDirectory)
  if ('kind' in read && read.kind === 'unusable') return [refused(path, read), ...owners]
  const list = read instanceof X509Certificate ? [read] : read.list
  return [...dateWarnings(list, nowMs).map((one) => warned(path, describeCertificateWarning(one, file, kind))), ...owners]
}

const ownership = (file: string, path: Path, stateDirectory: string): readonly Found[] =>
  unreadableByService(file, stateDirectory).map((text) => warned(path, text))
