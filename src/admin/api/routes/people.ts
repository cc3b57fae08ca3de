import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Gateway } from '../../../gateway/index.ts'
import { type Refused, type Session, hasSecondFactor } from '../../../identity/index.ts'
import {
  type ServiceView,
  type SessionView,
  type UserChangedView,
  type UserView,
  serviceBody,
  userActionBody,
  userBody,
} from '../../contract/index.ts'
import { allowed, callerOf, refuse } from '../caller.ts'
import { checked } from '../checked.ts'
import { paged } from '../paged.ts'

/** Managing users, sessions and scripts: for whoever has the right to `users`. */
export function peopleRoutes(app: FastifyInstance, gateway: Gateway): void {
  const { accounts } = gateway.people
  const settled = (reply: FastifyReply, done: Refused | UserChangedView) =>
    done.kind === 'refused' ? refuse(reply, 422, done.why, done.hint) : reply.send(done)

  app.get('/v1/users', (request, reply) => {
    if (allowed(request, reply, 'users', gateway) === undefined) return reply
    return paged(
      request,
      reply,
      accounts.list().map((user) => userView(user, gateway)),
    )
  })
  app.post('/v1/users', async (request, reply) => {
    const body = checked(userBody, request.body, reply)
    const by = body === 'refused' ? undefined : allowed(request, reply, 'users', gateway)
    if (body === 'refused' || by === undefined) return reply
    return settled(reply, await accounts.create(body.name, body.role, by))
  })
  app.post<{ Params: { name: string } }>('/v1/users/:name', async (request, reply) => {
    const body = checked(userActionBody, request.body, reply)
    const by = body === 'refused' ? undefined : allowed(request, reply, 'users', gateway)
    if (body === 'refused' || by === undefined) return reply
    const { name } = request.params
    switch (body.action) {
      case 'role':
        return settled(reply, await accounts.setRole(name, body.role, by))
      case 'disable':
        return settled(reply, await accounts.disable(name, by))
      case 'enable':
        return settled(reply, await accounts.enable(name, by))
      case 'reset':
        return settled(reply, await accounts.reset(name, by))
      case 'remove':
        return settled(reply, await accounts.remove(name, by))
    }
  })
  sessionRoutes(app, gateway)
  serviceRoutes(app, gateway)
}

type Listed = ReturnType<Gateway['people']['accounts']['list']>[number]
const iso = (ms: number | 'never'): string => (ms === 'never' ? '' : new Date(ms).toISOString())

function userView(user: Listed, gateway: Gateway): UserView {
  return {
    name: user.name,
    role: user.role,
    roleIsKnown: gateway.site().rights.has(user.role),
    state: user.state,
    lastLogin: iso(user.lastLoginMs),
    passwordSet: iso(user.password.setMs),
    mustChange: user.password.mustChange,
    secondFactor: hasSecondFactor(user),
    pin: user.pin !== 'none',
  }
}

/** Everybody sees and ends the own sessions; who manages users, all of them. */
function sessionRoutes(app: FastifyInstance, gateway: Gateway): void {
  const visible = (request: FastifyRequest, reply: FastifyReply): readonly Session[] | undefined => {
    const caller = callerOf(request, gateway)
    const all = gateway.people.sessions()
    if (caller.kind === 'person' && gateway.site().rights.get(caller.role)?.manage.has('users') !== true)
      return all.filter(({ user }) => user === caller.name)
    return allowed(request, reply, 'users', gateway) === undefined ? undefined : all
  }
  app.get('/v1/sessions', (request, reply) => {
    const sessions = visible(request, reply)
    if (sessions === undefined) return reply
    const now = gateway.clock.now()
    return reply.send(
      sessions.map(({ id, user, source, via, startedAt, lastUsedAt }): SessionView => ({
        id,
        user,
        source,
        via,
        ageSeconds: Math.round((now - startedAt) / 1000),
        idleSeconds: Math.round((now - lastUsedAt) / 1000),
      })),
    )
  })
  app.post<{ Params: { id: string } }>('/v1/sessions/:id/end', (request, reply) => {
    const sessions = visible(request, reply)
    if (sessions === undefined) return reply
    const { id } = request.params
    const { name, source } = callerOf(request, gateway)
    if (!sessions.some((session) => session.id === id)) return refuse(reply, 404, `there is no session "${id}"`, 'breakwall session list')
    gateway.people.endSession(id, { name, source })
    return reply.send({})
  })
}

function serviceRoutes(app: FastifyInstance, gateway: Gateway): void {
  const { services } = gateway.people
  app.get('/v1/tokens', (request, reply) => {
    if (allowed(request, reply, 'users', gateway) === undefined) return reply
    return reply.send(
      services.list().map(({ name, scope, enrols, untilMs, createdBy, lastUsedMs }): ServiceView => ({
        name,
        scope,
        enrols,
        createdBy,
        until: iso(untilMs),
        lastUsed: iso(lastUsedMs),
      })),
    )
  })
  app.post('/v1/tokens', async (request, reply) => {
    const body = checked(serviceBody, request.body, reply)
    const by = body === 'refused' ? undefined : allowed(request, reply, 'users', gateway)
    if (body === 'refused' || by === undefined) return reply
    const made = await services.create(body.name, body.scope, body.enrols, body.days, by)
    return made.kind === 'refused' ? refuse(reply, 422, made.why, made.hint) : reply.send({ token: made.token })
  })
  app.post<{ Params: { name: string } }>('/v1/tokens/:name/remove', async (request, reply) => {
    const by = allowed(request, reply, 'users', gateway)
    if (by === undefined) return reply
    const done = await services.remove(request.params.name, by)
    return done.kind === 'refused' ? refuse(reply, 422, done.why, done.hint) : reply.send({})
  })
}
