import { join } from 'node:path'
import type { X509CrlReason } from '@peculiar/x509'
import type { Clock } from '../../platform/index.ts'
import type { Signer } from './certificate.ts'
import { type Desk, openSigners } from './desk.ts'
import { integer, toBytes } from './der.ts'
import { algorithmOf, signingKey } from './keys.ts'
import {
  FOR_ALL,
  type PkiFailure,
  type Register,
  type RevocationReason,
  failed,
  readRegister,
  updateRegister,
  writeWhole,
} from './register.ts'
import { toPem } from './sealed-key.ts'
import { type X509Library, x509Library } from './x509-library.ts'

const CRL_NUMBER = '2.5.29.20'
/** How long a list holds, days: a new one is due before that, or it counts as stale. */
export const LIST_DAYS = 30
const DAY_MS = 24 * 60 * 60_000

export const listFile = (folder: string): string => join(folder, 'site-ca.crl')
export type Published = { readonly file: string; readonly revoked: number; readonly next: string }

/** Writes one revocation list for each root in force (RFC 5280, 5), all in one file. */
export async function publishLists(
  { folder, clock }: Pick<Desk, 'folder' | 'clock'>,
  signers: readonly Signer[],
  days = LIST_DAYS,
): Promise<Published | PkiFailure> {
  const library = await x509Library()
  const register = readRegister(folder)
  if ('kind' in register) return register
  const number = register.listNumber + 1
  let text = ''
  let revoked = 0
  for (const signer of signers) {
    const entries = register.issued.filter((entry) => entry.root === signer.certificate.fingerprint256 && entry.revoked !== 'no')
    revoked += entries.length
    text += await listOf(library, signer, entries, number, days, clock)
  }
  const kept = updateRegister(folder, (now) => ({ ...now, listNumber: number }))
  if (kept !== 'written') return kept
  writeWhole(listFile(folder), text, FOR_ALL)
  return { file: listFile(folder), revoked, next: new Date(clock.utcUs() / 1000 + days * DAY_MS).toISOString() }
}

const reasonsOf = ({ X509CrlReason: reasons }: X509Library): Readonly<Record<RevocationReason, X509CrlReason>> => ({
  unspecified: reasons.unspecified,
  'key-compromise': reasons.keyCompromise,
  'affiliation-changed': reasons.affiliationChanged,
  superseded: reasons.superseded,
  'cessation-of-operation': reasons.cessationOfOperation,
})

async function listOf(
  library: X509Library,
  signer: Signer,
  entries: Register['issued'],
  number: number,
  days: number,
  clock: Pick<Clock, 'utcUs'>,
): Promise<string> {
  const nowMs = Math.floor(clock.utcUs() / 1000)
  const root = new library.X509Certificate(new Uint8Array(signer.certificate.raw))
  const crl = await library.X509CrlGenerator.create({
    issuer: root.subjectName,
    thisUpdate: new Date(nowMs),
    nextUpdate: new Date(nowMs + days * DAY_MS),
    entries: entries.flatMap(({ serial, revoked: when }) =>
      when === 'no'
        ? []
        : [
            {
              serialNumber: serial.toLowerCase(),
              revocationDate: new Date(when.atMs),
              reason: reasonsOf(library)[when.reason],
            },
          ],
    ),
    extensions: [
      await library.AuthorityKeyIdentifierExtension.create(root.publicKey),
      new library.Extension(CRL_NUMBER, false, new Uint8Array(toBytes(integer(number)))),
    ],
    signingKey: signingKey(signer.key),
    signingAlgorithm: algorithmOf(signer.key),
  })
  return toPem('X509 CRL', new Uint8Array(crl.rawData))
}

/** Publishes the lists anew: before the last ones are stale, or after a change. */
export async function publish(desk: Desk, days: number): Promise<Published | PkiFailure> {
  const register = readRegister(desk.folder)
  if ('kind' in register) return register
  const signers = openSigners(desk, register)
  return 'kind' in signers ? signers : publishLists(desk, signers, days)
}

/** Revokes by name (all of it that is still valid) or by serial number, and publishes the list. */
export async function revokeCertificate(desk: Desk, which: string, reason: RevocationReason): Promise<Published | PkiFailure> {
  const register = readRegister(desk.folder)
  if ('kind' in register) return register
  const nowMs = desk.clock.utcUs() / 1000
  const meant = register.issued.filter(
    ({ name, serial, revoked, untilMs }) =>
      revoked === 'no' && untilMs > nowMs && (name === which || serial.toLowerCase() === which.toLowerCase()),
  )
  if (meant.length === 0) return failed(`there is no valid certificate "${which}"`, 'breakwall cert list shows names and serial numbers')
  const signers = openSigners(desk, register)
  if ('kind' in signers) return signers
  const revoked = { atMs: Math.floor(nowMs), reason }
  const serials = new Set(meant.map(({ serial }) => serial))
  const kept = updateRegister(desk.folder, (now) => ({
    ...now,
    issued: now.issued.map((entry) => (serials.has(entry.serial) ? { ...entry, revoked } : entry)),
  }))
  return kept === 'written' ? publishLists(desk, signers) : kept
}
