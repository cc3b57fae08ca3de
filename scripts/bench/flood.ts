import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'

/** A program of its own that asks the pages for all that it may, as fast as they answer: its connections, and no pause. */
const [port = '', caFile = '', connections = '50'] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections), ca: readFileSync(caFile), servername: 'localhost' })
const paths = ['/', '/page.js', '/api/me', '/api/status', '/api/live', '/api/banner']
const counts = new Map<number, number>()
let i = 0

function again(): void {
  i += 1
  const login = i % 10 === 0
  const path = login ? '/api/login' : (paths[i % paths.length] ?? '/')
  const origin = `https://localhost:${port}`
  const headers = { host: `localhost:${port}`, origin, ...(login ? { 'content-type': 'application/json' } : {}) }
  const sent = request({ agent, host: '127.0.0.1', port, path, method: login ? 'POST' : 'GET', headers }, (response) => {
    counts.set(response.statusCode ?? 0, (counts.get(response.statusCode ?? 0) ?? 0) + 1)
    response.resume()
    response.on('close', again)
  })
  sent.on('error', () => setTimeout(again, 10))
  sent.end(login ? JSON.stringify({ name: `nobody-${i}`, password: 'wrong' }) : '')
}
for (let n = 0; n < Number(connections); n++) again()
process.on('SIGTERM', () => {
  process.stdout.write(JSON.stringify(Object.fromEntries(counts)), () => process.exit(0))
})
