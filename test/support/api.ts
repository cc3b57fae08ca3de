import { request } from 'node:http'

/** One call to the API by a client that shares nothing with the command line. GET without a body. */
export function call(
  socketPath: string,
  path: string,
  body?: object,
  more: Readonly<Record<string, string>> = {},
): Promise<{ status: number; value: unknown; type: string; headers: Readonly<Record<string, unknown>> }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath, path, method: body === undefined ? 'GET' : 'POST', headers: { 'content-type': 'application/json', ...more } },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            value: JSON.parse(text),
            type: response.headers['content-type'] ?? '',
            headers: response.headers,
          }),
        )
      },
    )
    sent.on('error', reject)
    sent.end(body === undefined ? '' : JSON.stringify(body))
  })
}
