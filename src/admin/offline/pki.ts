import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BundleChoice, CertificateOrder, PkiAnswer, PkiCommands, PkiDesk } from '../contract/index.ts'
import {
  type Desk,
  type Issued,
  type KeyKind,
  type PkiFailure,
  type Purpose,
  type RevocationReason,
  importCertificate,
  initAuthority,
  isSealed,
  issueCertificate,
  publish,
  readableSecret,
  readRegister,
  renewCertificate,
  requestCertificate,
  retireAuthority,
  revocationReasons,
  revokeCertificate,
  rotateAuthority,
} from '../../identity/index.ts'
import { type Clock, type Random } from '../../platform/index.ts'

const MAX_DAYS = 3650
const failed = (why: string, hint: string): PkiFailure => ({ kind: 'failed', why, hint })
const told = <T extends object>(answer: T | PkiFailure): PkiAnswer<T> => (isFailure(answer) ? answer : { kind: 'done', value: answer })
const isFailure = (answer: object): answer is PkiFailure => 'kind' in answer && answer.kind === 'failed'
const wrongDays = (days: number): PkiFailure | undefined =>
  Number.isInteger(days) && days >= 1 && days <= MAX_DAYS
    ? undefined
    : { kind: 'failed', why: `"${days}" is not a number of days`, hint: `write a whole number from 1 to ${MAX_DAYS}` }

/** The site's authority on this machine's files, for the command line. */
export function pkiCommands(clock: Clock, random: Random): PkiCommands {
  const deskOf = ({ folder, passphrase }: PkiDesk): Desk => ({ folder, passphrase, clock, random })
  const keyOf = (rsa: boolean): KeyKind => (rsa ? 'rsa' : 'ec')
  const bundleOf = (choice: BundleChoice) =>
    choice === 'none'
      ? ({ bundlePassphrase: '', bundleForm: 'aes-256' } as const)
      : { bundlePassphrase: readableSecret(5, random), bundleForm: choice }
  const bundled = (issued: Issued | PkiFailure, bundlePassphrase: string) =>
    told('kind' in issued ? issued : { ...issued, bundlePassphrase })

  return {
    needsPassphrase(folder) {
      const register = readRegister(folder)
      if ('kind' in register) return false
      return register.roots.some(({ keyFile }) => {
        const path = join(folder, keyFile)
        return existsSync(path) && isSealed(readFileSync(path, 'utf8'))
      })
    },
    init: async (desk, site, rsa) => told(await initAuthority(deskOf(desk), site, keyOf(rsa))),
    async issue(desk, order) {
      const wrong = wrongDays(order.days) ?? wrongPurpose(order)
      if (wrong !== undefined) return wrong
      const source = sourceOf(order)
      if (source.kind === 'failed') return source
      if (order.bundle !== 'none' && source.kind === 'request')
        return failed('a bundle holds the key, and the key of a request is elsewhere', 'leave --p12 out, or leave --csr out')
      const { name, days } = order
      const bundle = bundleOf(order.bundle)
      return bundled(
        await issueCertificate(deskOf(desk), { name, purpose: purposeOf(order), days, source, ...bundle }),
        bundle.bundlePassphrase,
      )
    },
    async renew(desk, name, days, bundle) {
      const wrong = wrongDays(days)
      if (wrong !== undefined) return wrong
      const { bundlePassphrase, bundleForm } = bundleOf(bundle)
      return bundled(await renewCertificate(deskOf(desk), name, days, bundlePassphrase, bundleForm), bundlePassphrase)
    },
    async revoke(desk, which, reason) {
      if (!(revocationReasons as readonly string[]).includes(reason))
        return { kind: 'failed', why: `"${reason}" is no reason`, hint: `one of ${revocationReasons.join(', ')}` }
      return told(await revokeCertificate(deskOf(desk), which, reason as RevocationReason))
    },
    publish: async (desk, days) => wrongDays(days) ?? told(await publish(deskOf(desk), days)),
    rotate: async (desk, rsa) => told(await rotateAuthority(deskOf(desk), keyOf(rsa))),
    retire: async (desk, force) => told(await retireAuthority(deskOf(desk), force)),
    request: async (folder, name, rsa) => told(await requestCertificate(folder, name, keyOf(rsa), random)),
    importCertificate: (folder, certificate, authorities) => told(importCertificate(folder, certificate, authorities)),
    list(folder) {
      const register = readRegister(folder)
      if ('kind' in register) return register
      return told({
        issued: register.issued.map((entry) => ({
          name: entry.name,
          role: entry.role,
          hosts: entry.hosts,
          serial: entry.serial,
          fingerprint: entry.fingerprint,
          expires: new Date(entry.untilMs).toISOString(),
          revoked: entry.revoked === 'no' ? '' : `${new Date(entry.revoked.atMs).toISOString()} ${entry.revoked.reason}`,
        })),
      })
    },
  }
}

function wrongPurpose({ role, hosts }: CertificateOrder): PkiFailure | undefined {
  if (hosts.length > 0 && role !== '')
    return { kind: 'failed', why: 'a role belongs to a client, hosts belong to a server', hint: 'leave one of them out' }
  const control = /\p{Cc}/u.test(role) || role.length > 64
  return control
    ? { kind: 'failed', why: 'the role is too long or has control characters', hint: 'at most 64 characters, such as Operator' }
    : undefined
}

function purposeOf({ role, hosts }: CertificateOrder): Purpose {
  if (hosts.length > 0) return { kind: 'server', hosts }
  return role === '' ? { kind: 'client-without-role' } : { kind: 'client', role }
}

function sourceOf({ csrFile, rsa }: CertificateOrder) {
  if (csrFile === '') return { kind: 'new-key', key: rsa ? 'rsa' : 'ec' } as const
  try {
    return { kind: 'request', bytes: readFileSync(csrFile) } as const
  } catch (error) {
    return {
      kind: 'failed',
      why: error instanceof Error ? error.message : String(error),
      hint: 'name a file with a PKCS#10 request',
    } as const
  }
}
