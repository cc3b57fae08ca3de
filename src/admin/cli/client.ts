import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Refusal } from '../contract/index.ts'

export type Answered<T> =
  /** `recorded: 'not-yet'`: it is in force and not on disk yet (status 202). */
  | { readonly kind: 'ok'; readonly value: T; readonly recorded?: 'not-yet' }
  | { readonly kind: 'refused'; readonly error: string; readonly hint: string }
  | { readonly kind: 'unreachable'; readonly error: string; readonly hint: string }

const DEFAULT_SOCKET = '/run/breakwall/api.sock'

/** A gateway's socket, and the token of whoever is logged in on it from here. */
export type Where = {
  readonly socket: string
  readonly token: string
  /** Told when a kept session has ended and the user of the machine is enough: the call is made once more without it. */
  readonly withoutSession: ((note: string) => void) | 'never'
}

export const SESSION_ENDED = 'the session has ended: done without a log-in, as the user of this machine (breakwall login NAME)'

/** The session of this user of this machine on one gateway, in a file that nobody else can read. */
const sessionFile = (socket: string): string =>
  join(homedir(), '.cache', 'breakwall', `session-${createHash('sha256').update(resolve(socket)).digest('hex').slice(0, 16)}`)

export function keepSession({ socket }: Where, token: string): void {
  const file = sessionFile(socket)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  rmSync(file, { force: true }) // so that its mode is ours, whatever was there
  writeFileSync(file, token, { mode: 0o600, flag: 'wx' })
}
export const forgetSession = ({ socket }: Where): void => rmSync(sessionFile(socket), { force: true })

/** Where a command goes: `token` is that of a script (BREAKWALL_TOKEN), before the session that was kept. */
export function whereIs(socket: string, token: string | undefined, note: (text: string) => void): Where {
  if (token !== undefined && token !== '') return { socket, token, withoutSession: 'never' }
  const file = sessionFile(socket)
  return { socket, token: existsSync(file) ? readFileSync(file, 'utf8').trim() : '', withoutSession: note }
}

/** Which gateway: what was typed, then the environment, then the demo of this checkout if it runs, then the installed one. */
export function findSocket(typed: string | undefined, environment: string | undefined, checkout: string): string {
  if (typed !== undefined) return typed
  if (environment !== undefined && environment !== '') return environment
  const demo = resolve(checkout, '.demo/demo.json')
  if (existsSync(demo)) {
    const { api } = JSON.parse(readFileSync(demo, 'utf8')) as { api: string }
    const socket = resolve(dirname(demo), api)
    if (existsSync(socket)) return socket
  }
  return DEFAULT_SOCKET
}

export const authorization = (token: string): Readonly<Record<string, string>> => (token === '' ? {} : { authorization: `Bearer ${token}` })

/** The same gateway without the session, when a call was refused because that has ended; nothing has been done by then. */
export function afterSession({ socket, token, withoutSession }: Where, { withoutLogin }: Partial<Refusal>): Where | 'no' {
  if (token === '' || withoutSession === 'never' || withoutLogin !== 'enough') return 'no'
  withoutSession(SESSION_ENDED)
  return { socket, token: '', withoutSession: 'never' }
}

/** One call to the gateway's API. Never throws: a gateway that is not there is an answer too. */
export function call<T>(where: Where, method: 'GET' | 'POST', path: string, body?: object): Promise<Answered<T>> {
  const { socket: socketPath, token } = where
  return new Promise((done) => {
    const text = body === undefined ? '' : JSON.stringify(body)
    const content = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const headers = { ...content, ...authorization(token) }
    const sent = request({ socketPath, method, path, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const said = Buffer.concat(chunks).toString('utf8')
        const value: unknown =
          said === '' ? {} : /^application\/(problem\+)?json/.test(response.headers['content-type'] ?? '') ? JSON.parse(said) : said
        if (response.statusCode === 200) return done({ kind: 'ok', value: value as T })
        if (response.statusCode === 202) return done({ kind: 'ok', value: value as T, recorded: 'not-yet' })
        const refusal = value as Partial<Refusal>
        const again = afterSession(where, refusal)
        if (again !== 'no') return void call<T>(again, method, path, body).then(done)
        done({ kind: 'refused', error: refusal.error ?? `status ${response.statusCode ?? 0}`, hint: refusal.hint ?? 'breakwall --help' })
      })
    })
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const hint =
        error.code === 'EACCES'
          ? `your user may not use ${socketPath}: join its group`
          : 'start one with `npm start` or `systemctl start breakwall`, or say which with --api SOCKET'
      done({ kind: 'unreachable', error: `no gateway answers on ${socketPath}`, hint })
    })
    sent.end(text)
  })
}
