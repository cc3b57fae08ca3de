import type { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { commonName } from '../../identity/index.ts'
import type { Journal } from '../../journal/index.ts'
import { type Cancel, type Clock, background, parseJson } from '../../platform/index.ts'
import { expiryStep } from './certificate-expiry.ts'

const certificateKinds = ['own', 'authority', 'client', 'device'] as const
export type CertificateKind = (typeof certificateKinds)[number]
export type Use = { readonly kind: CertificateKind; readonly role: string; readonly where: string }

export type KnownCertificate = Use & {
  readonly fingerprint: string
  readonly name: string
  readonly serial: string
  readonly expiresMs: number
  /** When a client or a device showed it last, or `never`. */
  readonly lastSeenMs: number | 'never'
}

/** Every certificate that the site lives by: its own from files, those of clients and devices as they show them. */
export interface CertificateInventory {
  list(): readonly KnownCertificate[]
  saw(certificate: X509Certificate, use: Use): void
  /** The site's own and its authorities, in place of those of the configuration before. */
  own(certificates: readonly { readonly certificate: X509Certificate; readonly use: Use }[]): void
  close(): void
}

const LOOK_MS = 60 * 60_000
/** A certificate that is in use is written down as seen this often, at most. */
const KEEP_SEEN_MS = 60 * 60_000
/** Certificates of clients and devices that are kept; beyond it the one that was seen longest ago is forgotten. */
const MAX_SEEN = 2000

type Entry = { use: Use; readonly known: Omit<KnownCertificate, keyof Use | 'lastSeenMs'>; lastSeenMs: number | 'never'; keptMs: number }
const keptShape = z.object({
  use: z.object({ kind: z.enum(certificateKinds), role: z.string(), where: z.string() }),
  known: z.object({ fingerprint: z.string(), name: z.string(), serial: z.string(), expiresMs: z.number() }),
  lastSeenMs: z.union([z.number(), z.literal('never')]),
})
type Kept = z.infer<typeof keptShape>
export async function openCertificateInventory(
  journal: Pick<Journal, 'states' | 'putState' | 'note'>,
  clock: Clock,
): Promise<CertificateInventory> {
  const book = new StoredInventory(journal, clock)
  await book.read()
  return book
}

class StoredInventory implements CertificateInventory {
  readonly #journal: Pick<Journal, 'states' | 'putState' | 'note'>
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()
  /** The lowest step that was told of each certificate. */
  readonly #told = new Map<string, number>()
  #cancel: Cancel = () => undefined

  constructor(journal: Pick<Journal, 'states' | 'putState' | 'note'>, clock: Clock) {
    this.#journal = journal
    this.#clock = clock
  }

  async read(): Promise<void> {
    for (const [key, text] of await this.#journal.states(TOLD)) this.#told.set(key.slice(TOLD.length), Number(text))
    for (const text of (await this.#journal.states(SEEN)).values()) {
      if (text === '') continue
      const kept = parseJson(keptShape, text)
      if (kept === 'none') continue // it is seen again with its next connection
      this.#entries.set(kept.known.fingerprint, { ...kept, keptMs: 0 })
    }
    this.#cancel = this.#clock.after(0, () => this.#look())
  }

  list(): readonly KnownCertificate[] {
    return [...this.#entries.values()]
      .map(({ use, known, lastSeenMs }) => ({ ...known, ...use, lastSeenMs }))
      .sort((a, b) => a.expiresMs - b.expiresMs)
  }

  saw(certificate: X509Certificate, use: Use): void {
    const entry = this.#entryOf(certificate, use)
    entry.lastSeenMs = this.#nowMs()
    if (entry.lastSeenMs - entry.keptMs < KEEP_SEEN_MS) return
    entry.keptMs = entry.lastSeenMs
    const { known, lastSeenMs } = entry
    const kept = JSON.stringify({ use, known, lastSeenMs } satisfies Kept)
    background(
      this.#journal.putState(`${SEEN}${known.fingerprint}`, kept).then((done) => {
        if (done === 'unavailable') entry.keptMs = 0 // written when it is shown again
      }),
    )
    this.#forgetOldest()
    this.#warn(entry)
  }

  own(certificates: Parameters<CertificateInventory['own']>[0]): void {
    for (const [fingerprint, { use }] of this.#entries) if (!isSeen(use)) this.#entries.delete(fingerprint)
    for (const { certificate, use } of certificates) this.#warn(this.#entryOf(certificate, use))
  }

  close(): void {
    this.#cancel()
  }

  #nowMs(): number {
    return this.#clock.utcUs() / 1000
  }

  #look(): void {
    for (const entry of this.#entries.values()) this.#warn(entry)
    this.#cancel = this.#clock.after(LOOK_MS, () => this.#look())
  }

  #entryOf(certificate: X509Certificate, use: Use): Entry {
    const fingerprint = certificate.fingerprint256
    const there = this.#entries.get(fingerprint)
    if (there !== undefined) {
      there.use = use
      return there
    }
    const expiresMs = certificate.validToDate.getTime()
    const known = { fingerprint, name: commonName(certificate), serial: certificate.serialNumber, expiresMs }
    const made: Entry = { use, known, lastSeenMs: 'never', keptMs: 0 }
    this.#entries.set(fingerprint, made)
    return made
  }

  #forgetOldest(): void {
    const seen = [...this.#entries.values()].filter(({ use }) => isSeen(use))
    if (seen.length <= MAX_SEEN) return
    const oldest = seen.reduce((a, b) => (Number(a.lastSeenMs) <= Number(b.lastSeenMs) ? a : b))
    this.#entries.delete(oldest.known.fingerprint)
    background(this.#journal.putState(`${SEEN}${oldest.known.fingerprint}`, ''))
  }

  /** A client or device that has shown a newer certificate since needs no word about the one before it. */
  #isReplaced({ use, known }: Entry): boolean {
    const newer = (other: Entry): boolean =>
      other.use.kind === use.kind && other.known.name === known.name && other.known.expiresMs > known.expiresMs
    return isSeen(use) && [...this.#entries.values()].some(newer)
  }

  #warn(entry: Entry): void {
    const { known, use } = entry
    const { fingerprint } = known
    if (this.#isReplaced(entry)) return
    const due = expiryStep({ ...known, where: use.where }, this.#nowMs(), this.#told.get(fingerprint) ?? Infinity)
    if (due === 'nothing') return
    this.#told.set(fingerprint, due.step)
    this.#journal.note(due.event, { [`${TOLD}${fingerprint}`]: String(due.step) })
  }
}

const SEEN = 'certificate/'
const TOLD = 'certificate-told/'
const isSeen = ({ kind }: Use): boolean => kind === 'client' || kind === 'device'
