import type { FastifyInstance } from 'fastify'
import type { Gateway } from '../../../gateway/index.ts'
import { accessMatrix, compileAcl } from '../../../policy/index.ts'
import { type AclView, type CertificateView, type MatrixView, type ReloadedView, aclQuery } from '../../contract/index.ts'
import { allowed, refuse } from '../caller.ts'
import { checked } from '../checked.ts'

/** The file that the gateway was started with, read again: its site, or what is wrong with it. */
export type ConfigurationFile = {
  readonly path: string
  /** As it stands on the disk; empty where it cannot be read. */
  readonly text: () => string
  readonly read: () =>
    | { readonly kind: 'site'; readonly site: ReturnType<Gateway['site']> }
    | { readonly kind: 'mistakes'; readonly mistakes: readonly string[] }
}

/** Who may come and do what, as it is in force; and putting the file in force. */
export function accessRoutes(app: FastifyInstance, gateway: Gateway, file: ConfigurationFile): void {
  app.get('/v1/certificates', (request, reply) =>
    allowed(request, reply, 'look', gateway) === undefined ? reply : reply.send(certificatesView(gateway)),
  )
  app.get('/v1/acl', (request, reply) => {
    const query = checked(aclQuery, request.query, reply)
    if (query === 'refused' || allowed(request, reply, 'look', gateway) === undefined) return reply
    return reply.send(gateway.site().listeners.map((listener) => aclView(listener, query.address)))
  })
  app.get('/v1/access', async (request, reply) => {
    if (allowed(request, reply, 'look', gateway) === undefined) return reply
    return reply.send(await matrixOf(gateway.site()))
  })
  app.post('/v1/reload', async (request, reply) => {
    const by = allowed(request, reply, 'configuration', gateway)
    if (by === undefined) return reply
    const read = file.read()
    if (read.kind === 'mistakes') {
      gateway.rejected(by.name, `${read.mistakes.length} mistakes, the first: ${read.mistakes[0] ?? ''}`)
      return refuse(reply, 422, `nothing was changed: ${read.mistakes.join('; ')}`, 'breakwall check FILE')
    }
    const done = await gateway.reload(read.site, by.name)
    if (done.kind === 'not-reloaded') return refuse(reply, 422, `nothing was changed: ${done.why}`, done.hint)
    return reply.send({ configuration: read.site.hash, changed: done.changed } satisfies ReloadedView)
  })
}

const DAY_MS = 24 * 60 * 60_000

export function certificatesView(gateway: Gateway): readonly CertificateView[] {
  const nowMs = gateway.clock.utcUs() / 1000
  return gateway.certificates.list().map(({ expiresMs, lastSeenMs, ...rest }) => ({
    ...rest,
    expires: new Date(expiresMs).toISOString(),
    daysLeft: Math.floor((expiresMs - nowMs) / DAY_MS),
    lastSeen: lastSeenMs === 'never' ? '' : new Date(lastSeenMs).toISOString(),
  }))
}

type Site = ReturnType<Gateway['site']>

/** Which entry wins for an address on a listener, for most breakers and for those that entries name. */
export function aclView({ name, access }: Site['listeners'][number], address: string): AclView {
  const found = compileAcl(access)(address)
  if (found === 'not-listed') return { listener: name, usual: 'not-listed', of: [] }
  const { usual, of } = found
  return {
    listener: name,
    usual: usual === 'none' ? 'not-listed' : { from: usual.from, level: usual.level, line: usual.line },
    of: [...of].map(([breaker, { from, level, line }]) => ({ breaker, from, level, line })),
  }
}

type Policy = Pick<Site, 'rights' | 'breakers'>
type Groups = Map<string, { breakers: string[]; rows: MatrixView['groups'][number]['rows'] }>

function addTo(groups: Groups, { rights }: Policy, breaker: string): void {
  const rows = accessMatrix(rights, breaker)
  const key = JSON.stringify(rows)
  const group = groups.get(key) ?? { breakers: [], rows }
  group.breakers.push(breaker)
  groups.set(key, group)
}

const viewOf = (groups: Groups, { rights }: Policy): MatrixView => ({
  groups: [...groups.values()],
  manage: [...rights].map(([role, found]) => ({ role, may: [...found.manage] })),
})

/** The whole policy for every breaker; those with the same are one. In one go: for a program that does nothing else. */
export function matrixView(site: Policy): MatrixView {
  const groups: Groups = new Map()
  for (const { name } of site.breakers) addTo(groups, site, name)
  return viewOf(groups, site)
}

const known = new WeakMap<Policy, Promise<MatrixView>>()

/**
 * The same for a gateway that serves meanwhile: thousands of decisions, breaker by breaker, with whatever else has come between two of
 * them; once for a site, which never changes (a reload makes another).
 */
export function matrixOf(site: Policy): Promise<MatrixView> {
  const found = known.get(site) ?? matrixInTurns(site)
  known.set(site, found)
  return found
}

async function matrixInTurns(site: Policy): Promise<MatrixView> {
  const groups: Groups = new Map()
  for (const { name } of site.breakers) {
    addTo(groups, site, name)
    await new Promise(setImmediate)
  }
  return viewOf(groups, site)
}
