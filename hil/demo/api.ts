import { request } from 'node:http'

/** Reads from the gateway's API over its socket; `undefined` while nobody answers. */
export function getJson(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve) => {
    const sent = request({ socketPath, path }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(response.statusCode === 200 ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined))
    })
    sent.on('error', () => resolve(undefined))
    sent.end()
  })
}

const bearer = (token: string) => (token === '' ? {} : { authorization: `Bearer ${token}` })

/** Sends one change to the gateway's API; throws when it was refused. */
export function postJson(socketPath: string, path: string, body: object, token = ''): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath, path, method: 'POST', headers: { 'content-type': 'application/json', ...bearer(token) } },
      (response) => {
        let said = ''
        response.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
        response.on('end', () => (response.statusCode === 200 ? resolve(JSON.parse(said)) : reject(new Error(`${path}: ${said}`))))
      },
    )
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })
}
