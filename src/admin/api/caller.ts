import { STATUS_CODES } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { event } from '../../events/index.ts'
import type { Gateway } from '../../gateway/index.ts'
import type { From, Service, Session } from '../../identity/index.ts'
import { ownUserName, peerUserId, userName } from '../../platform/index.ts'
import type { Refusal } from '../contract/index.ts'
import { type ManagementAction, managementActions, mayManage } from '../../policy/index.ts'

/** Who is at the other end: by the kernel's word, and by the token that came with the request. */
export type Caller =
  /** A user of this machine without a log-in. */
  | { readonly kind: 'system'; readonly name: string; readonly source: string }
  | { readonly kind: 'person'; readonly name: string; readonly source: string; readonly role: string; readonly session: Session }
  | { readonly kind: 'service'; readonly name: string; readonly source: string; readonly service: Service }
  /** A browser that nobody has logged in on, or a token that opens nothing any more. */
  | {
      readonly kind: 'nobody'
      readonly name: string
      readonly source: string
      readonly why: string
      /** Who the caller is without the token of a session that has ended. */
      readonly without: Extract<Caller, { kind: 'system' }> | 'nobody'
    }

/** With this header the pages say where a browser is. Whoever sends it has none of the rights of the machine's users. */
const FROM_HEADER = 'x-breakwall-from'
/** What a page asks for by itself, while perhaps nobody is in front of it: it does not count as use of the session. */
const UNATTENDED_HEADER = 'x-breakwall-unattended'
/** What a session of the panel may be used for: a PIN is enough for no more. */
const ofThePanel: ReadonlySet<ManagementAction> = new Set<ManagementAction>(['look', 'events', 'lock', 'unlock'])

const ownUser = ownUserName()

/** Why not, and what to do: a problem in the form of RFC 9457. */
export function refuse(
  reply: FastifyReply,
  status: number,
  error: string,
  hint: string,
  more: Pick<Refusal, 'withoutLogin'> = {},
): FastifyReply {
  const body = { status, title: STATUS_CODES[status] ?? '', detail: error, error, hint, ...more }
  return reply.code(status).type('application/problem+json').send(body)
}

/** The user of this machine at the other end of the socket; `unknown` where the kernel does not say. */
export function systemUserOf(request: FastifyRequest): string {
  const { _handle: handle } = request.raw.socket as unknown as { _handle?: { fd: number } }
  const uid = handle === undefined ? 'unknown' : peerUserId(handle.fd)
  return uid === 'unknown' ? 'unknown' : userName(uid)
}

/** Where a log-in comes from, for counting wrong ones and for binding what it gives. */
export function fromOf(request: FastifyRequest, gateway: Gateway): From | { readonly refused: string } {
  const systemUser = systemUserOf(request)
  const told = request.headers[FROM_HEADER]
  if (told === undefined) return { source: `local ${systemUser}`, via: 'command-line', systemUser }
  const pages = gateway.site().console
  if (typeof told !== 'string' || pages === 'none' || pages.user !== systemUser)
    return { refused: `only the pages, as the user ${pages === 'none' ? 'of [console]' : pages.user}, may say where a browser is` }
  return { source: told.slice(0, 64), via: 'console', systemUser: '' }
}

type SystemUser = Extract<Caller, { kind: 'system' }>

/** Who a request without a token is of: a user of this machine, or why of nobody. */
function ownCaller({ source, systemUser, via }: From, gateway: Gateway): SystemUser | string {
  if (via === 'console') return 'nobody is logged in'
  const pages = gateway.site().console
  // Pages that run as the gateway's own user have nothing to be kept from; a site has them run as one that may nothing.
  if (pages !== 'none' && pages.user === systemUser && systemUser !== ownUser) return 'the pages have no right of their own'
  if (systemUser === 'unknown') return 'the system does not say who is at the other end of the socket'
  return { kind: 'system', name: systemUser, source }
}

export function callerOf(request: FastifyRequest, gateway: Gateway): Caller {
  const from = fromOf(request, gateway)
  if ('refused' in from) return { kind: 'nobody', name: 'nobody', source: 'local', why: from.refused, without: 'nobody' }
  const { source, systemUser } = from
  const nobody = (why: string, without: SystemUser | 'nobody' = 'nobody'): Caller => ({
    kind: 'nobody',
    name: 'nobody',
    source,
    why,
    without,
  })
  const own = ownCaller(from, gateway)
  const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) return typeof own === 'string' ? nobody(own) : own
  const service = gateway.people.services.use(token)
  if (service !== 'none') return { kind: 'service', name: service.name, source, service }
  const held = gateway.people.use(token, request.headers[UNATTENDED_HEADER] === undefined ? 'used' : 'unattended')
  if (held === 'none') return nobody('the session has ended', typeof own === 'string' ? 'nobody' : own)
  if (held.session.systemUser !== systemUser) return nobody('this session belongs to another user of this machine')
  return { kind: 'person', name: held.session.user, source, role: held.role, session: held.session }
}

/** Empty when the caller may; why not, when not. */
function denial(
  caller: Caller,
  action: ManagementAction,
  breaker: string,
  gateway: Gateway,
): { why: string; hint: string; status: 401 | 403 } | 'may' {
  const login = { hint: 'breakwall login NAME', status: 401 } as const
  switch (caller.kind) {
    case 'nobody':
      return { why: caller.why, ...login }
    case 'system':
      return gateway.site().people.withoutLogin.has(action) ? 'may' : { why: `"${action}" takes a log-in`, ...login }
    case 'service':
      return caller.service.scope.includes(action)
        ? 'may'
        : { why: `the token of ${caller.name} is not for "${action}"`, hint: 'breakwall token list', status: 403 }
    case 'person': {
      const { session, role } = caller
      if (session.pending === 'change-password')
        return { why: 'the password must be changed first', hint: 'breakwall password', status: 403 }
      if (session.pending === 'second-factor')
        return { why: `the role ${role} needs a second factor`, hint: 'breakwall second-factor add', status: 403 }
      if (session.via === 'panel' && !ofThePanel.has(action))
        return { why: `"${action}" takes a log-in with a password`, hint: 'the panel is for locks', status: 403 }
      if (mayManage(gateway.site().rights, role, action, breaker)) return 'may'
      const where = breaker === '' ? '' : ` on ${breaker}`
      return {
        why: `the role ${role} does not have the right to "${action}"${where}`,
        hint: 'breakwall access shows who may what',
        status: 403,
      }
    }
  }
}

/** All that the caller may do now, as it is judged when it asks; with breakers, where its role is for some. */
export const mayNow = (caller: Caller, gateway: Gateway): readonly ManagementAction[] =>
  managementActions.filter((action) => denial(caller, action, '', gateway) === 'may')

/** The caller, when it may do this; otherwise the refusal has been sent and recorded. */
export function allowed(
  request: FastifyRequest,
  reply: FastifyReply,
  action: ManagementAction,
  gateway: Gateway,
  breaker = '',
): Caller | undefined {
  const caller = callerOf(request, gateway)
  const denied = denial(caller, action, breaker, gateway)
  if (denied === 'may') return caller
  // That a session has ended is no attempt at anything.
  if (denied.status === 403 || caller.kind === 'system')
    gateway.journal.note(
      event('privilege-denied', {
        subject: caller.name,
        source: caller.source,
        operation: breaker === '' ? action : `${action} ${breaker}`,
        reason: denied.why,
      }),
    )
  // The session has ended, and the same user of the machine may do this without a log-in: the command line then does it so.
  const isEnough = caller.kind === 'nobody' && caller.without !== 'nobody' && denial(caller.without, action, breaker, gateway) === 'may'
  refuse(reply, denied.status, denied.why, denied.hint, isEnough ? { withoutLogin: 'enough' } : {})
  return undefined
}
