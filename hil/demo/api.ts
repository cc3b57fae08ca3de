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
