import { Socket } from 'node:net'
import { type RequestOptions, request as httpRequest } from 'node:http'
import { gzipSync } from 'node:zlib'
import cookie from '@fastify/cookie'
import { pageFiles } from './page-files.ts'
import { type Throttle, createConnectionShare, createThrottle } from './throttle.ts'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'

export type ConsoleOptions = {
  readonly host: string
  readonly port: number
  /** The name under which browsers come: requests with another are refused. */
  readonly name: string
  readonly certificate: string
  readonly key: string
  readonly ciphers: string
  /** The socket of the gateway's API. */
  readonly apiSocket: string
}
export interface Console {
  readonly port: number
  close(): Promise<void>
}

/** Host-only, Secure and for the whole site by its name (RFC 6265bis, 4.1.3.2): nobody but this page sets it. */
const COOKIE = '__Host-breakwall'
const MAX_BODY = 16 * 1024
const MAX_CONNECTIONS = 200
const ANSWER_MS = 15_000

/** What can be longer than memory, or goes on for as long as somebody looks: it is passed on as it comes. */
const STREAMS = [/^\/export\?[\w=&.%-]{1,200}$/, /^\/live(\?breaker=[\w.%-]{1,200})?$/, /^\/report$/]

/** What a browser may reach of the API; all else does not exist here. */
const reachable: readonly (readonly ['GET' | 'POST', RegExp])[] = [
  ['GET', /^\/(banner|me|sessions|certificates|sinks|status|access|vault|users|tokens|grants|settings|checklist)$/],
  ['GET', /^\/export\/running$/],
  ['GET', /^\/breakers\/[\w.%-]{1,200}$/],
  ['GET', /^\/acl\?address=[\w.%:]{1,60}$/],
  ['GET', /^\/events\?[\w=&.%+-]{1,400}$/],
  ...STREAMS.map((path) => ['GET', path] as const),
  ['POST', /^\/(setup|login|login\/code|login\/passkey|login\/passkey-options|logout)$/],
  ['POST', /^\/breakers\/[\w.%-]{1,200}\/(unlock|lock|tags|emergency-open|emergency-open\/confirm)$/],
  ['POST', /^\/(master-lock|grants|users|vault\/set|reload|checklist)$/],
  ['POST', /^\/(tags|grants|users)\/[\w.%-]{1,200}$/],
  ['POST', /^\/me\/(password|pin|totp|totp\/confirm|passkeys|passkeys\/options|factors\/remove)$/],
  ['POST', /^\/sessions\/[0-9a-f]{12}\/end$/],
]

/** No script, style or frame but its own; nothing is kept, nothing says which version this is (S-12, S-33). */
const headers: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Not no-referrer: with it a browser does not say of its own page either where a request comes from.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), publickey-credentials-get=(self), publickey-credentials-create=(self)',
  'cache-control': 'no-store',
}

/** Addresses of pages: each is the same file, which reads its own address. */
const addresses = ['/', '/b/:name', ...'events requests access people keys settings checklist account'.split(' ').map((name) => `/${name}`)]

/** Serves the pages over HTTPS. It keeps no state and has no right of its own: the gateway judges every call by the browser's cookie. */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const { certificate: cert, key, ciphers, host, port } = options
  const app = fastify({
    https: { cert, key, ciphers, minVersion: 'TLSv1.2', honorCipherOrder: true, handshakeTimeout: 10_000 },
    bodyLimit: MAX_BODY,
    requestTimeout: ANSWER_MS,
    connectionTimeout: 60_000,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  })
  app.server.maxConnections = MAX_CONNECTIONS
  const share = createConnectionShare()
  app.server.on('connection', (socket) => {
    const address = socket instanceof Socket ? (socket.remoteAddress ?? '') : ''
    if (!share.enter(address)) return void socket.destroy()
    socket.on('close', () => share.leave(address))
  })
  await app.register(cookie)
  guard(app, options)
  for (const { name, type, content } of pageFiles()) {
    const send = sender(type, content)
    for (const path of name === 'index.html' ? addresses : [`/${name}`]) app.get(path, send)
  }
  const throttle = createThrottle(() => performance.now() / 1000)
  app.all('/api/*', (request, reply) => forward(request, reply, options, throttle))
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'there is nothing here', hint: 'the pages start at /' }))
  await app.listen({ host, port })
  const bound = app.server.address()
  return { port: typeof bound === 'object' && bound !== null ? bound.port : port, close: () => app.close() }
}

/** A file as it is, made small once for whoever takes it so: on a bad link that is a matter of seconds. */
function sender(type: string, content: string): (request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  const small = gzipSync(content, { level: 9 })
  return (request, reply) => {
    void reply.type(type).header('vary', 'accept-encoding')
    if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(content)
    return reply.header('content-encoding', 'gzip').send(small)
  }
}

/** Before anything else: the right name, and for whatever changes something the right page (CSRF), besides the cookie's SameSite. */
function guard(app: FastifyInstance, { name }: ConsoleOptions): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(headers)
    if (request.host.replace(/:\d+$/, '') !== name)
      return void reply.code(421).send({ error: `this is ${name} only`, hint: `https://${name}/` })
    if (request.method !== 'GET') {
      if (!isOwnPage(request)) return void reply.code(403).send({ error: 'this came from another page', hint: 'open the pages themselves' })
      if (!(request.headers['content-type'] ?? '').startsWith('application/json'))
        return void reply.code(415).send({ error: 'expected JSON', hint: 'the pages send nothing else' })
    }
    done()
  })
}

/** A browser says by one of the two where a request comes from, and no page can make it say something else. */
function isOwnPage({ headers: { origin, 'sec-fetch-site': site }, host }: FastifyRequest): boolean {
  return origin === undefined ? site === 'same-origin' : origin === `https://${host}`
}

async function forward(
  request: FastifyRequest,
  reply: FastifyReply,
  { apiSocket }: ConsoleOptions,
  throttle: Throttle,
): Promise<FastifyReply> {
  const path = request.url.slice('/api'.length)
  const { method } = request
  if (!reachable.some(([allowed, pattern]) => allowed === method && pattern.test(path)))
    return reply.code(404).send({ error: 'there is nothing here', hint: 'the pages start at /' })
  const token = request.cookies[COOKIE]
  const done = throttle.begin(request.ip)
  if (done === 'too-many') return reply.code(429).send({ error: 'too many requests', hint: 'wait a moment' })
  if (STREAMS.some((pattern) => pattern.test(path))) {
    done()
    return passOn(request, reply, path, { apiSocket, token, throttle })
  }
  const body = method === 'POST' ? JSON.stringify(request.body ?? {}) : ''
  const { status, said } = await ask({
    socketPath: apiSocket,
    path: `/v1${path}`,
    method,
    timeout: ANSWER_MS,
    body,
    headers: {
      ...from(request),
      ...(request.headers['x-breakwall-unattended'] === undefined ? {} : { 'x-breakwall-unattended': '1' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    },
  }).finally(done)
  if (status !== 200 && status !== 202) return reply.code(status).type('application/problem+json').send(said)
  return reply.code(status).send(withCookie(path, said, reply))
}

function passOn(
  request: FastifyRequest,
  reply: FastifyReply,
  path: string,
  { apiSocket, token, throttle }: { readonly apiSocket: string; readonly token: string | undefined; readonly throttle: Throttle },
): Promise<FastifyReply> {
  return new Promise((resolve) => {
    const looks = path.startsWith('/live')
    const free = looks ? throttle.look(request.ip) : () => undefined
    if (free === 'too-many') return resolve(reply.code(503).send({ error: 'too many pages look at once from here', hint: 'close one' }))
    reply.raw.on('close', free)
    const unattended = looks ? { 'x-breakwall-unattended': '1' } : {}
    const headers = { ...from(request), ...unattended, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
    const sent = httpRequest({ socketPath: apiSocket, path: `/v1${path}`, headers }, (answer) => {
      for (const name of ['content-type', 'content-disposition', 'retry-after'] as const) {
        const value = answer.headers[name]
        if (value !== undefined) void reply.header(name, value)
      }
      resolve(reply.code(answer.statusCode ?? 502).send(answer))
    })
    sent.on('error', () => resolve(reply.code(noAnswer.status).send(noAnswer.said)))
    reply.raw.on('close', () => sent.destroy())
    sent.end()
  })
}

/** Where the browser is: only the pages may say so to the gateway. */
const from = (request: FastifyRequest) => ({ 'x-breakwall-from': request.ip.replace(/^::ffff:/, '') })

function ask({
  body,
  ...options
}: RequestOptions & { readonly body: string }): Promise<{ readonly status: number; readonly said: unknown }> {
  return new Promise((resolve) => {
    const sent = httpRequest(options, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve(understood(answer.statusCode ?? 502, Buffer.concat(chunks).toString('utf8'))))
    })
    sent.on('timeout', () => sent.destroy())
    sent.on('error', () => resolve(noAnswer))
    sent.end(body)
  })
}

const noAnswer = { status: 503, said: { error: 'the gateway does not answer', hint: 'is it running?' } } as const
function understood(status: number, text: string): { readonly status: number; readonly said: unknown } {
  try {
    const said: unknown = JSON.parse(text === '' ? '{}' : text)
    return { status, said }
  } catch {
    return noAnswer // the socket is some other program's
  }
}

/** The token goes into a cookie that no script can read, and into nothing else. */
function withCookie(path: string, said: unknown, reply: FastifyReply): unknown {
  const attributes = { path: '/', secure: true, httpOnly: true, sameSite: 'strict' } as const
  if (path === '/logout') void reply.clearCookie(COOKIE, attributes)
  if (typeof said !== 'object' || said === null || !('token' in said)) return said
  const { token, ...rest } = said as { token: string }
  void reply.setCookie(COOKIE, token, attributes)
  return rest
}
