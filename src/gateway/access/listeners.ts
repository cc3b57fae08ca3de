import type { SiteListener } from '../../config/index.ts'
import {
  type ClientCertificate,
  type RevocationWatch,
  type ClientStanding,
  createClientTrust,
  newest,
  watchRevocation,
} from '../../identity/index.ts'
import { type Clock, type Random, hintOfListening } from '../../platform/index.ts'
import { type Rights, compileAcl, describeRights, mayOperate, standingOfRole } from '../../policy/index.ts'
import { type AdmissionPolicy, type Listener, type Report, createAdmission, startListener } from '../../upstream/index.ts'
import type { CertificateInventory } from './certificate-inventory.ts'
import type { Core } from '../core.ts'
import type { ListenerCredentials } from './credentials.ts'

export type ListenerPorts = {
  readonly clock: Clock
  readonly random: Random
  readonly core: Pick<Core, 'report' | 'serve' | 'left'>
  readonly rights: () => Rights
  readonly book: CertificateInventory
}

/** The listeners while they are open, with who may come through each. */
export interface Listeners {
  readonly listeners: readonly Listener[]
  /** Takes on another configuration of the same doors; what it changes for an open connection holds at once. */
  change(doors: readonly ListenerCredentials[]): void
  close(): Promise<void>
}
export type ListenerFailure = { readonly kind: 'not-open'; readonly why: string; readonly hint: string }

/** Opens every listener, or none of them. */
export async function openListeners(doors: readonly ListenerCredentials[], ports: ListenerPorts): Promise<Listeners | ListenerFailure> {
  const admission = createAdmission()
  const { clock, random, core } = ports
  const listeners: Listener[] = []
  const watches = new Map<string, RevocationWatch>()
  const keep = (door: ListenerCredentials): AdmissionPolicy => {
    const before = watches.get(door.settings.name)
    before?.close()
    const { lists, untaken } = newest(before?.current() ?? new Map(), door.revocation.lists)
    const revocation = { lists, untaken: [...door.revocation.untaken, ...untaken] }
    const { gatekeeper, watch } = gatekeeperOf({ ...door, revocation }, ports)
    watches.set(door.settings.name, watch)
    return gatekeeper
  }
  const close = async (): Promise<void> => {
    for (const watch of watches.values()) watch.close()
    await Promise.all(listeners.map((listener) => listener.close()))
  }
  for (const door of doors) {
    try {
      listeners.push(await startListener(door.settings, door.credentials, keep(door), { clock, random, admission, ...core }))
    } catch (error) {
      await close()
      return notOpen(door.settings, error)
    }
  }
  return {
    listeners,
    change(next) {
      for (const door of next) {
        const listener = listeners.find(({ name }) => name === door.settings.name)
        listener?.change(door.settings, door.credentials, keep(door))
      }
    },
    close,
  }
}

function notOpen({ name, host, port }: SiteListener, error: unknown): ListenerFailure {
  const why = `listener "${name}": ${error instanceof Error ? error.message : String(error)}`
  return { kind: 'not-open', why, hint: hintOfListening(error, host, port) }
}

/** Who may come through one door, judged by its own list, authorities and revocation lists. */
function gatekeeperOf(
  { settings, authorities, revocation }: ListenerCredentials,
  { clock, core, rights, book }: ListenerPorts,
): { readonly gatekeeper: AdmissionPolicy; readonly watch: RevocationWatch } {
  const { security, name } = settings
  const files = security.kind === 'tls' ? security.revocationFiles : []
  const watch = watchRevocation(files, authorities, revocation, clock, (notice) => tell(notice, core.report))
  const trust = createClientTrust({
    authorities,
    lists: files.length === 0 ? 'none' : () => watch.current(),
    stale: security.kind === 'tls' ? security.stale : 'refuse',
    clock,
  })
  const judge = (client: ClientCertificate): ClientStanding => {
    const standing = trust(client)
    if (standing.kind === 'refused') return standing
    book.saw(client.certificate, { kind: 'client', role: standing.role, where: `listener ${name}` })
    if (standing.unlisted !== 'none') watch.missing(standing.unlisted)
    return standing
  }
  const acl = compileAcl(settings.access)
  return {
    gatekeeper: {
      acl,
      judge,
      rightsOf: (role) => describeRights(rights(), role),
      standingOfRole: (role) => standingOfRole(rights(), role),
      operates: (role) => mayOperate(rights(), role),
    },
    watch,
  }
}

type Notice = Parameters<Parameters<typeof watchRevocation>[4]>[0]

function tell(notice: Notice, report: Report): void {
  const { name: subject } = notice
  switch (notice.kind) {
    case 'updated':
      return report('crl-updated', { subject, count: notice.count, until: notice.until })
    case 'stale':
      return report('crl-stale', { subject, reason: notice.reason })
    case 'refused':
      return report('crl-refused', { subject, reason: notice.reason })
  }
}
