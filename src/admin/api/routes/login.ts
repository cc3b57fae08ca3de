import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Gateway } from '../../../gateway/index.ts'
import {
  type AsksSecondFactor,
  type From,
  type LoggedIn,
  type NotRecorded,
  type Refused,
  type Session,
  hasSecondFactor,
} from '../../../identity/index.ts'
import {
  type BannerView,
  type LoginView,
  type MeView,
  type TotpView,
  codeBody,
  confirmBody,
  factorBody,
  loginBody,
  passkeyBody,
  passkeyProofBody,
  passwordBody,
  pinBody,
  pinLoginBody,
  setupBody,
  ticketBody,
} from '../../contract/index.ts'
import { callerOf, fromOf, mayNow, refuse, systemUserOf } from '../caller.ts'
import { checked } from '../checked.ts'

/** Logging in and out, and what everybody may do with the own account. */
export function loginRoutes(app: FastifyInstance, gateway: Gateway): void {
  const { people } = gateway
  /** Runs with where the request comes from. */
  const withFrom = async (
    request: FastifyRequest,
    reply: FastifyReply,
    run: (from: From) => Promise<LoggedIn | AsksSecondFactor | NotRecorded | Refused>,
  ) => {
    const from = fromOf(request, gateway)
    if ('refused' in from) return refuse(reply, 403, from.refused, 'breakwall login')
    return answerLogin(reply, await run(from))
  }

  app.get('/v1/banner', (): BannerView => ({ banner: gateway.site().people.banner, needsSetUp: people.accounts.needsSetUp() }))
  app.post('/v1/setup', async (request, reply) => {
    const body = checked(setupBody, request.body, reply)
    if (body === 'refused') return reply
    const from = fromOf(request, gateway)
    if ('refused' in from) return refuse(reply, 403, from.refused, 'breakwall setup')
    const done = await people.accounts.setUp(body.code, body.name, body.password, from.source)
    return done.kind === 'refused' ? refuse(reply, 422, done.why, done.hint) : { name: done.name, role: done.role }
  })
  app.post('/v1/login', async (request, reply) => {
    const body = checked(loginBody, request.body, reply)
    return body === 'refused' ? reply : withFrom(request, reply, (from) => people.login.byPassword(body.name, body.password, from))
  })
  app.post('/v1/login/pin', async (request, reply) => {
    const body = checked(pinLoginBody, request.body, reply)
    if (body === 'refused') return reply
    const { panelUser } = gateway.site().people
    if (panelUser === 'none' || systemUserOf(request) !== panelUser || request.headers['x-breakwall-from'] !== undefined)
      return refuse(reply, 403, 'a PIN is enough on the panel of this gateway only', 'breakwall login')
    return withFrom(request, reply, (from) => people.login.byPin(body.name, body.pin, { ...from, via: 'panel' }))
  })
  app.post('/v1/login/code', async (request, reply) => {
    const body = checked(codeBody, request.body, reply)
    return body === 'refused' ? reply : withFrom(request, reply, (from) => people.login.byCode(body.ticket, body.code, from))
  })
  app.post('/v1/login/passkey-options', async (request, reply) => {
    const body = checked(ticketBody, request.body, reply)
    if (body === 'refused') return reply
    const from = fromOf(request, gateway)
    if ('refused' in from) return refuse(reply, 403, from.refused, 'breakwall login')
    const options = await people.login.passkeyOptions(body.ticket, from)
    return options.kind === 'refused' ? refuse(reply, 401, options.why, options.hint) : options.options
  })
  app.post('/v1/login/passkey', async (request, reply) => {
    const body = checked(passkeyProofBody, request.body, reply)
    if (body === 'refused') return reply
    const response = body.response as unknown as AuthenticationResponseJSON
    return withFrom(request, reply, (from) => people.login.byPasskey(body.ticket, response, from))
  })
  ownAccount(app, gateway)
}

function answerLogin(reply: FastifyReply, said: LoggedIn | AsksSecondFactor | NotRecorded | Refused): FastifyReply {
  switch (said.kind) {
    case 'refused':
      return refuse(reply, 401, said.why, said.hint)
    case 'not-recorded':
      return refuse(reply, 503, said.why, said.hint)
    case 'second-factor':
      return reply.send({ kind: 'second-factor', ticket: said.ticket, methods: said.methods } satisfies LoginView)
    case 'logged-in': {
      const { token, session, role, pending, passwordDaysLeft } = said
      return reply.send({ kind: 'logged-in', token, name: session.user, role, pending, passwordDaysLeft } satisfies LoginView)
    }
  }
}

function ownAccount(app: FastifyInstance, gateway: Gateway): void {
  const { people } = gateway
  /** The session of whoever asks, or the refusal has been sent. */
  const own = (request: FastifyRequest, reply: FastifyReply): Session | undefined => {
    const caller = callerOf(request, gateway)
    if (caller.kind === 'person' && caller.session.via !== 'panel') return caller.session
    refuse(reply, 401, caller.kind === 'nobody' ? caller.why : 'nobody is logged in', 'breakwall login')
    return undefined
  }
  /** A call by which somebody changes something of the own account. */
  const change = <T extends z.ZodType>(
    path: string,
    schema: T,
    run: (session: Session, body: z.infer<T>) => Promise<Refused | { readonly kind: 'done' }>,
  ): void =>
    void app.post(path, async (request, reply) => {
      const body = checked(schema, request.body, reply)
      const session = body === 'refused' ? undefined : own(request, reply)
      if (body === 'refused' || session === undefined) return reply
      const done = await run(session, body)
      return done.kind === 'refused' ? refuse(reply, 422, done.why, done.hint) : reply.send({})
    })

  app.get('/v1/me', (request): MeView => meView(request, gateway))
  app.post('/v1/logout', (request, reply) => {
    const caller = callerOf(request, gateway)
    if (caller.kind === 'person') people.logout(caller.session)
    return reply.send({})
  })
  change('/v1/me/password', passwordBody, (session, { old, fresh }) => people.changePassword(session, old, fresh))
  change('/v1/me/pin', pinBody, (session, { pin }) => people.setPin(session, pin))
  change('/v1/me/totp/confirm', confirmBody, (session, { code }) => people.factors.confirmTotp(session, code))
  change('/v1/me/passkeys', passkeyBody, (session, { response, name }) =>
    people.factors.addPasskey(session, response as unknown as RegistrationResponseJSON, name),
  )
  change('/v1/me/factors/remove', factorBody, (session, { factor }) => people.factors.remove(session, factor))
  app.post('/v1/me/totp', (request, reply) => {
    const session = own(request, reply)
    if (session === undefined) return reply
    const { secret, uri } = people.factors.startTotp(session)
    return reply.send({ secret, uri } satisfies TotpView)
  })
  app.post('/v1/me/passkeys/options', async (request, reply) => {
    const session = own(request, reply)
    if (session === undefined) return reply
    const options = await people.factors.passkeyOptions(session)
    return options.kind === 'refused' ? refuse(reply, 422, options.why, options.hint) : reply.send(options.options)
  })
}

function meView(request: FastifyRequest, gateway: Gateway): MeView {
  const caller = callerOf(request, gateway)
  switch (caller.kind) {
    case 'person': {
      const user = gateway.people.accounts.list().find(({ name }) => name === caller.name)
      return {
        kind: 'person',
        name: caller.name,
        role: caller.role,
        pending: caller.session.pending,
        may: mayNow(caller, gateway),
        totp: user !== undefined && user.totp !== 'none',
        passkeys: user?.passkeys.map(({ id, name, addedMs }) => ({ id, name, added: new Date(addedMs).toISOString() })) ?? [],
        secondFactor: user !== undefined && hasSecondFactor(user),
        session: caller.session.id,
      }
    }
    case 'system':
      return { kind: 'system', name: caller.name, may: mayNow(caller, gateway) }
    case 'service':
      return { kind: 'service', name: caller.name, may: mayNow(caller, gateway) }
    case 'nobody':
      return { kind: 'nobody', why: caller.why }
  }
}
