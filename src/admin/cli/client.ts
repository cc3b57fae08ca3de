import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { dirname, resolve } from 'node:path'
import type { Refusal } from '../contract.ts'

export type Answered<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly error: string; readonly hint: string }
  | { readonly kind: 'unreachable'; readonly error: string; readonly hint: string }

const DEFAULT_SOCKET = '/run/breakwall/api.sock'

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

/** One call to the gateway's API. Never throws: a gateway that is not there is an answer too. */
export function call<T>(socketPath: string, method: 'GET' | 'POST', path: string, body?: object): Promise<Answered<T>> {
  return new Promise((done) => {
    const text = body === undefined ? '' : JSON.stringify(body)
    const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const sent = request({ socketPath, method, path, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const said = Buffer.concat(chunks).toString('utf8')
        const value: unknown = (response.headers['content-type'] ?? '').startsWith('application/json') ? JSON.parse(said) : said
        if (response.statusCode === 200) return done({ kind: 'ok', value: value as T })
        const refusal = value as Partial<Refusal>
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
