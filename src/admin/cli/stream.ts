import { type IncomingMessage, request } from 'node:http'
import type { Refusal } from '../contract/index.ts'
import { type Answered, type Where, afterSession, authorization } from './client.ts'

/** The gateway does this for somebody else; ask again after so many seconds (RFC 9110, 10.2.3). */
export type Busy = { readonly kind: 'busy'; readonly error: string; readonly hint: string; readonly retryAfterS: number }

/** A call whose answer comes in portions. `take` gets each; the answer's headers come first. */
export function stream(
  where: Where,
  method: 'GET' | 'POST',
  path: string,
  begin: (headers: IncomingMessage['headers']) => (chunk: Buffer) => void,
): Promise<Answered<'whole'> | Busy> {
  const { socket: socketPath, token } = where
  return new Promise((done) => {
    const sent = request({ socketPath, method, path, headers: authorization(token) }, (response) => {
      const taken: Buffer[] = []
      const take = response.statusCode === 200 ? begin(response.headers) : (chunk: Buffer) => void taken.push(chunk)
      response.on('data', take)
      response.on('error', () => done(broken))
      response.on('end', () => {
        if (response.statusCode === 200) return done(response.complete ? { kind: 'ok', value: 'whole' } : broken)
        const { error, hint, ...refusal } = JSON.parse(Buffer.concat(taken).toString('utf8')) as Refusal
        const again = afterSession(where, refusal)
        if (again !== 'no') return void stream(again, method, path, begin).then(done)
        const retryAfterS = Number(response.headers['retry-after'])
        if (response.statusCode === 503 && retryAfterS > 0) return done({ kind: 'busy', error, hint, retryAfterS })
        done({ kind: 'refused', error, hint })
      })
    })
    sent.on('error', () => done({ kind: 'unreachable', error: `no gateway answers on ${socketPath}`, hint: 'say which with --api SOCKET' }))
    sent.end()
  })
}

const broken = {
  kind: 'refused',
  error: 'the answer broke off in the middle',
  hint: 'try again; what was written so far is not whole',
} as const
