import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Gateway } from '../../../gateway/index.ts'
import {
  type EmergencyView,
  emergencyBody,
  emergencyConfirmBody,
  lockBody,
  masterLockBody,
  scopes,
  unlockBody,
} from '../../contract/index.ts'
import { allowed, refuse } from '../caller.ts'
import { checked } from '../checked.ts'
import { confirmed } from '../confirmed.ts'
import { ifMatch } from '../if-match.ts'
import { known } from '../known.ts'
import { breakerLive, lockView, masterLockView } from '../views/breakers.ts'

type Named = { Params: { name: string } }
export const NO_DISK = ['the journal cannot be written, so nothing was changed', 'look at the disk: breakwall status'] as const

/** Locks of breakers, the master lock of the site, and opening in an emergency. */
export function lockRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.get<Named>('/v1/breakers/:name', (request, reply) => {
    if (allowed(request, reply, 'look', gateway) === undefined || !known(request.params.name, gateway, reply)) return reply
    const live = breakerLive(gateway, request.params.name)
    if (live === 'unknown') return reply
    return reply.send(live)
  })
  app.get<{ Params: { name: string; scope: string } }>('/v1/breakers/:name/locks/:scope', (request, reply) => {
    const { name } = request.params
    const scope = scopes.find((one) => one === request.params.scope)
    if (allowed(request, reply, 'look', gateway) === undefined || !known(name, gateway, reply)) return reply
    if (scope === undefined) return refuse(reply, 404, `there is no scope "${request.params.scope}"`, `the scopes are ${scopes.join(', ')}`)
    const lock = lockView(name, scope, gateway)
    return reply.header('etag', `"${lock.version}"`).send(lock)
  })
  app.post<Named>('/v1/breakers/:name/unlock', (request, reply) => unlock(request, reply, gateway))
  app.post<Named>('/v1/breakers/:name/lock', async (request, reply) => {
    const { name } = request.params
    const body = checked(lockBody, request.body, reply)
    if (body === 'refused' || !known(name, gateway, reply)) return reply
    const who = allowed(request, reply, 'lock', gateway, name)?.name
    if (who === undefined) return reply
    const recorded = await gateway.locks.lock(name, body.scope, who, body.reason)
    return confirmed(reply, recorded, lockView(name, body.scope, gateway))
  })
  app.post('/v1/master-lock', async (request, reply) => {
    const body = checked(masterLockBody, request.body, reply)
    if (body === 'refused') return reply
    const who = allowed(request, reply, 'master-lock', gateway)?.name
    if (who === undefined) return reply
    const done = await gateway.masterLock.turn(body.on, who, body.reason)
    if (done.kind === 'turned') return confirmed(reply, done.recorded, masterLockView(gateway))
    if (done.kind === 'unavailable') return refuse(reply, 503, ...NO_DISK)
    const { by, reason } = gateway.masterLock.state()
    return refuse(reply, 409, `somebody else was first: the master lock was turned by ${by}: ${reason}`, 'look at it, then try again')
  })
  emergencyRoutes(app, gateway)
}

async function unlock(request: FastifyRequest<Named>, reply: FastifyReply, gateway: Gateway): Promise<FastifyReply> {
  const { name } = request.params
  const body = checked(unlockBody, request.body, reply)
  if (body === 'refused' || !known(name, gateway, reply)) return reply
  const who = allowed(request, reply, 'unlock', gateway, name)?.name
  if (who === undefined) return reply
  const { scope, forSeconds, reason, workOrder } = body
  const version = body.version ?? ifMatch(request)
  const longest = gateway.site().longestUnlockMs / 1000
  if (forSeconds > longest)
    return refuse(reply, 422, `this site unlocks for ${longest / 3600} h at most`, 'ask for less, or change locks.longest-unlock')
  if (!gateway.failClosed.permits()) return refuse(reply, 503, 'a part of the gateway cannot be trusted now', 'breakwall status says which')
  const done = await gateway.locks.unlock(name, scope, { forMs: forSeconds * 1000, by: who, reason, workOrder, seen: version })
  if (done === 'unavailable') return refuse(reply, 503, ...NO_DISK)
  if (done === 'changed') {
    const now = lockView(name, scope, gateway)
    const words = now.locked ? `locked by ${now.by}: ${now.reason}` : `unlocked by ${now.by}: ${now.reason}`
    return refuse(reply, 409, `somebody else was first: ${name} is ${words}`, 'look at it, then try again')
  }
  return reply.send(lockView(name, scope, gateway))
}

const emergencyWords = {
  off: ['this site has no emergency opening', 'open the breaker at its front; or set emergency-open in [site]'],
  'no-command': ['no document gives an open command for this breaker', 'open it at its front'],
  'not-confirmed': ['it was not confirmed within 30 s by the same person', 'begin again'],
  unavailable: NO_DISK,
  'not-passed': ['the open command did not reach the breaker', 'open it at its front; breakwall events says why'],
} as const satisfies Record<string, readonly [string, string]>

function emergencyRoutes(app: FastifyInstance, gateway: Gateway): void {
  app.post<Named>('/v1/breakers/:name/emergency-open', async (request, reply) => {
    const { name } = request.params
    const body = checked(emergencyBody, request.body, reply)
    if (body === 'refused' || !known(name, gateway, reply)) return reply
    const who = allowed(request, reply, 'emergency-open', gateway, name)
    if (who === undefined) return reply
    const asked = gateway.emergency.ask(name, who, body.reason)
    if (asked.kind === 'asked')
      return confirmed(reply, await asked.recorded, { ticket: asked.ticket, secondsLeft: 30 } satisfies EmergencyView)
    return asked.kind === 'refused' ? refuse(reply, 409, emergencyWords[asked.why][0], emergencyWords[asked.why][1]) : reply
  })
  app.post<Named>('/v1/breakers/:name/emergency-open/confirm', async (request, reply) => {
    const { name } = request.params
    const body = checked(emergencyConfirmBody, request.body, reply)
    if (body === 'refused' || !known(name, gateway, reply)) return reply
    const who = allowed(request, reply, 'emergency-open', gateway, name)
    if (who === undefined) return reply
    if (body.breaker !== name) return refuse(reply, 409, `"${body.breaker}" is not the name of this breaker`, `type ${name} to open it`)
    const done = await gateway.emergency.confirm(body.ticket, who)
    return done.kind === 'sent' ? reply.send({ sent: true }) : refuse(reply, 409, emergencyWords[done.why][0], emergencyWords[done.why][1])
  })
}
