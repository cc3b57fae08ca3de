import { z } from 'zod'
import * as contract from '../contract/index.ts'

type Row = readonly ['get' | 'post', string, string, string, z.ZodType?]

/** Every call of the API: its method, path, what it is for, the right that it takes, and what it takes along (query or body). */
const calls: readonly Row[] = [
  ['get', '/v1/openapi.json', 'this description', ''],
  ['get', '/v1/status', 'the whole state of the gateway', 'look'],
  ['get', '/v1/live', 'the same once a second as server-sent events; breaker=NAME for one breaker', 'look'],
  ['get', '/v1/metrics', 'figures in the text format of Prometheus', 'look'],
  ['get', '/v1/buses', 'lines and units with their counts', 'look'],
  ['post', '/v1/buses/services', 'look for clear-text services on the Ethernet interfaces', 'capture'],
  ['get', '/v1/buses/:bus/capture', 'frames of a bus as lines of JSON, for as long as somebody reads', 'capture'],
  ['get', '/v1/breakers/:name', 'one breaker with what stands before it', 'look'],
  ['get', '/v1/breakers/:name/locks/:scope', 'one lock; ETag', 'look'],
  ['post', '/v1/breakers/:name/unlock', 'open a lock for a time; If-Match takes the ETag of that lock', 'unlock', contract.unlockBody],
  ['post', '/v1/breakers/:name/lock', 'shut a lock', 'lock', contract.lockBody],
  ['post', '/v1/breakers/:name/tags', 'hang the own tag', 'tag', contract.hangBody],
  ['post', '/v1/breakers/:name/emergency-open', 'first step: ask; the answer has a ticket', 'emergency-open', contract.emergencyBody],
  ['post', '/v1/breakers/:name/emergency-open/confirm', 'second step', 'emergency-open', contract.emergencyConfirmBody],
  ['post', '/v1/master-lock', 'the lock of the whole site', 'master-lock', contract.masterLockBody],
  ['get', '/v1/tags', 'every tag', 'look'],
  ['post', '/v1/tags/:id', 'take off, pass on, take over, ask for removal, agree to it', 'tag or remove-tag', contract.tagActionBody],
  ['get', '/v1/jobs', 'every group lock-out', 'look'],
  ['post', '/v1/jobs', 'lock breakers out for a job', 'tag', contract.jobBody],
  ['post', '/v1/jobs/:job/end', 'end a job', 'tag'],
  ['get', '/v1/grants', 'every grant', 'look'],
  ['get', '/v1/grants/:id', 'one grant; ETag', 'look'],
  ['post', '/v1/grants', 'ask for a grant', 'ask-grant', contract.grantBody],
  ['post', '/v1/grants/:id', 'approve, refuse, revoke; If-Match', 'approve-grant', contract.grantActionBody],
  ['get', '/v1/learned', 'what observed breakers were asked for, and the change that would let it pass', 'look'],
  ['get', '/v1/access', 'what every role may', 'look'],
  ['get', '/v1/acl', 'which entry of the access control list wins', 'look', contract.aclQuery],
  ['get', '/v1/certificates', 'certificates that are known, with their end', 'look'],
  ['get', '/v1/settings', 'the configuration file with its lines', 'events'],
  ['post', '/v1/reload', 'put the file in force', 'configuration'],
  ['get', '/v1/checklist', 'what people see to at each breaker', 'look'],
  ['post', '/v1/checklist', 'sign for one of them', 'lock', contract.signBody],
  ['get', '/v1/report', 'the site security report as HTML', 'events'],
  ['get', '/v1/vault', 'whose passwords the vault holds, never a password', 'look'],
  ['post', '/v1/vault/set', 'keep a password', 'vault', contract.vaultSetBody],
  ['post', '/v1/vault/remove', 'forget a password', 'vault', contract.vaultRemoveBody],
  ['post', '/v1/vault/rotate', 'encrypt the vault by a new key', 'vault'],
  ['get', '/v1/events', 'events, by pages: after and limit', 'events', contract.eventsQuery],
  ['get', '/v1/export', 'all events as CSV, JSON lines or signed bundle; one at a time, else 503', 'events', contract.exportQuery],
  ['get', '/v1/export/running', 'whether an export runs, and whose', 'events'],
  ['post', '/v1/journal/verify', 'walk the chain; lines of JSON', 'events'],
  ['post', '/v1/journal/accept-states', 'accept the stored states as they are', 'configuration', contract.acceptStatesBody],
  ['get', '/v1/sinks', 'where events go, and how far they got', 'look'],
  ['post', '/v1/sinks/:name/test', 'try a sink step by step', 'events'],
  ['get', '/v1/banner', 'what stands before a log-in', ''],
  ['post', '/v1/setup', 'the first account, by the set-up code', '', contract.setupBody],
  ['post', '/v1/login', 'log in', '', contract.loginBody],
  ['post', '/v1/login/pin', 'log in on the panel', '', contract.pinLoginBody],
  ['post', '/v1/login/code', 'the second factor', '', contract.codeBody],
  ['post', '/v1/login/passkey-options', 'what a passkey has to sign', '', contract.ticketBody],
  ['post', '/v1/login/passkey', 'the second factor', '', contract.passkeyProofBody],
  ['post', '/v1/logout', 'log out', ''],
  ['get', '/v1/me', 'who asks', ''],
  ['post', '/v1/me/password', 'change the own password', '', contract.passwordBody],
  ['post', '/v1/me/pin', 'set the own PIN', '', contract.pinBody],
  ['post', '/v1/me/totp', 'begin with an authenticator app', ''],
  ['post', '/v1/me/totp/confirm', 'end of it', '', contract.confirmBody],
  ['post', '/v1/me/passkeys/options', 'begin with a passkey', ''],
  ['post', '/v1/me/passkeys', 'end of it', '', contract.passkeyBody],
  ['post', '/v1/me/factors/remove', 'remove a second factor', '', contract.factorBody],
  ['get', '/v1/sessions', 'sessions', 'users, or the own ones'],
  ['post', '/v1/sessions/:id/end', 'end a session', 'users, or the own ones'],
  ['get', '/v1/users', 'users', 'users'],
  ['post', '/v1/users', 'a new user with a first password', 'users', contract.userBody],
  ['post', '/v1/users/:name', 'role, disable, enable, reset, remove', 'users', contract.userActionBody],
  ['get', '/v1/tokens', 'tokens of programs', 'users'],
  ['post', '/v1/tokens', 'a new token', 'users', contract.serviceBody],
  ['post', '/v1/tokens/:name/remove', 'end a token', 'users'],
  ['get', '/v1/est/cacerts', 'authorities, as EST has it (RFC 7030)', ''],
  ['post', '/v1/est/simpleenroll', 'a certificate for a request (RFC 7030)', 'a token that enrols'],
]

const problem = {
  description: 'Refused: what, and what to do (RFC 9457).',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object',
        required: ['status', 'title', 'detail', 'error', 'hint'],
        properties: {
          status: { type: 'integer' },
          title: { type: 'string' },
          detail: { type: 'string' },
          error: { type: 'string', description: 'the same as detail' },
          hint: { type: 'string' },
        },
      },
    },
  },
}
const page = ['limit', 'offset'].map((name) => ({ name, in: 'query', schema: { type: 'integer', minimum: 0 } }))

/** What bars holds at once, also while the disk refuses. */
const takesEffectAtOnce: ReadonlySet<string> = new Set(
  ['/breakers/:name/lock', '/breakers/:name/tags', '/master-lock', '/jobs', '/grants', '/grants/:id', '/breakers/:name/emergency-open'].map(
    (path) => `/v1${path}`,
  ),
)
const notYet = {
  description:
    'In force, and not recorded yet: the disk refuses. It is written when the disk has room again; a restart before that loses it.',
}

function operation([method, path, summary, right, takes]: Row): object {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }))
  const schema = takes === undefined ? undefined : z.toJSONSchema(takes, { io: 'input', unrepresentable: 'any', target: 'draft-2020-12' })
  const query =
    method === 'get' && schema !== undefined
      ? Object.entries(schema.properties ?? {}).map(([name, of]) => ({
          name,
          in: 'query',
          required: schema.required?.includes(name) === true,
          schema: of,
        }))
      : []
  return {
    summary,
    ...(right === '' ? {} : { description: `Takes the right: ${right}.` }),
    parameters: [...inPath, ...query, ...(method === 'get' && summary.startsWith('every') ? page : [])],
    ...(method === 'post' && schema !== undefined ? { requestBody: { required: true, content: { 'application/json': { schema } } } } : {}),
    responses: {
      200: { description: 'Done.' },
      ...(method === 'post' && takesEffectAtOnce.has(path) ? { 202: notYet } : {}),
      default: problem,
    },
  }
}

/** The API in the words of OpenAPI 3.1, for programs and for docs/openapi.json. */
export function openApi(version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const row of calls) {
    const path = row[1].replace(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [row[0]]: operation(row) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Breakwall', version, description: 'Over the unix socket of the gateway; a token goes as "Authorization: Bearer".' },
    paths,
  }
}

export const described = (): readonly string[] => calls.map(([method, path]) => `${method} ${path}`)
