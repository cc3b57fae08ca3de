import { request } from 'node:http'

export type Said = { readonly status: number; readonly value: Record<string, unknown> }

/** One call of the API on its socket. What is no JSON is in `text`. */
export function call(socketPath: string, path: string, body: object | 'GET' = 'GET', headers: Record<string, string> = {}): Promise<Said> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath, path, method: body === 'GET' ? 'GET' : 'POST', headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
        response.on('end', () => {
          const json = (response.headers['content-type'] ?? '').includes('json')
          resolve({ status: response.statusCode ?? 0, value: (json ? JSON.parse(text) : { text }) as Record<string, unknown> })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body === 'GET' ? '' : JSON.stringify(body))
  })
}
