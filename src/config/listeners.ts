import type { AccessEntry } from '../policy/index.ts'
import { toRole } from '../policy/index.ts'
import type { ListenerSettings } from '../upstream/index.ts'
import { toMilliseconds } from './duration.ts'
import { must } from './must.ts'
import { toEndpoint } from './endpoint.ts'
import type { SiteFile } from './schema.ts'

export type SiteListener = ListenerSettings & { readonly access: readonly AccessEntry[] }

type Listener = SiteFile['listener'][number]
const asList = (files: string | readonly string[]): readonly string[] => (typeof files === 'string' ? [files] : files)

/** A listener of the checked file, with its part of the access control list. `lines`: where each entry of the list stands. */
export function toListener(
  listener: Listener,
  access: SiteFile['access'],
  lines: readonly number[],
  path: (name: string) => string,
): SiteListener {
  return {
    name: listener.name,
    ...must(toEndpoint(listener.address)),
    inFlight: listener['in-flight'],
    limits: {
      connections: listener.connections,
      connectionsPerAddress: listener['connections-per-address'],
      handshakesPerSecond: listener['handshakes-per-second'],
      idleMs: must(toMilliseconds(listener['idle-timeout'])),
    },
    security:
      'clear-text' in listener
        ? { kind: 'clear-text', role: must(toRole(listener.role)) }
        : {
            kind: 'tls',
            pairs: asList(listener.certificate).map((certificate, i) => ({
              certificateFile: path(certificate),
              keyFile: path(must(asList(listener.key)[i])),
            })),
            clientsFile: path(listener.clients),
            revocationFiles: listener.revocation.map(path),
            stale: listener['stale-revocation'],
            handshakeMs: must(toMilliseconds(listener['handshake-timeout'])),
          },
    access: access.flatMap(({ from, level, listener: only, breakers = 'all' as const }, i) =>
      only === undefined || only === listener.name ? [{ from, level, breakers, line: lines[i] ?? 0 }] : [],
    ),
  }
}
