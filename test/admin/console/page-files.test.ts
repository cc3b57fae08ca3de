import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { pageFiles, startConsole } from '../../../src/admin/console/index.ts'
import { cipherSuites } from '../../../src/platform/index.ts'
import { issue, makeAuthority } from '../../support/pki.ts'

const folder = join(import.meta.dirname, '../../../src/admin/console/pages')
const importsOf = (script: string): string[] => [...script.matchAll(/\bfrom\s+['"]\.(\/[^'"]+)['"]/g)].map(([, path = '']) => path)
const typeOf = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' } as const

t.test('each script of the folder is served as JavaScript that imports only what is served too', (t) => {
  const files = pageFiles()
  const names = files.map(({ name }) => name)
  const sources = globSync('*', { cwd: folder }).map((name) => name.replace(/\.ts$/, '.js'))
  t.same([...names].sort(), sources.sort())
  for (const { name, content } of files.filter((file) => file.name.endsWith('.js'))) {
    t.same(
      importsOf(content).filter((path) => !names.includes(path.slice(1))),
      [],
      `${name}: its imports`,
    )
    t.notMatch(content, /\b(import|export) type\b|\bas const\b|\bsatisfies\b|\binterface\b|\.ts'/, `${name}: no types`)
  }
  t.end()
})

t.test('the first load is under 150 kB with everything, of the right types, kept nowhere, and only from here [S-12] [S-33]', async (t) => {
  const pki = mkdtempSync(join(tmpdir(), 'breakwall-pages-'))
  t.teardown(() => rmSync(pki, { recursive: true, force: true }))
  await makeAuthority(pki)
  await issue(pki, 'console', { kind: 'server', hosts: ['localhost'] })
  const [certificate, key, ca] = ['console.crt', 'console.key', 'site-ca.crt'].map((name) => readFileSync(join(pki, name), 'utf8'))
  if (certificate === undefined || key === undefined || ca === undefined) throw new Error('no certificate')
  const apiSocket = join(pki, 'no-api.sock')
  const running = await startConsole({
    host: '127.0.0.1',
    port: 0,
    name: 'localhost',
    certificate,
    key,
    ciphers: cipherSuites,
    apiSocket,
  })
  t.teardown(() => running.close())
  const { port } = running
  const get = (path: string) =>
    new Promise<{ headers: IncomingHttpHeaders; content: Buffer }>((resolve, reject) => {
      const headers = { host: `localhost:${port}`, 'accept-encoding': 'gzip' }
      const sent = request({ host: '127.0.0.1', port, path, ca, servername: 'localhost', headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => resolve({ headers: response.headers, content: Buffer.concat(chunks) }))
      })
      sent.on('error', reject)
      sent.end()
    })

  // As a browser does: the page, what it refers to, and what that imports.
  let bytes = 0
  const loaded = new Set<string>()
  const load = async (path: string): Promise<void> => {
    if (loaded.has(path)) return
    loaded.add(path)
    const { headers, content } = await get(path)
    bytes += content.length
    const ending = path.split('.').at(-1)
    t.match(headers, {
      'content-type': ending === 'js' || ending === 'css' || ending === 'svg' ? typeOf[ending] : 'text/html; charset=utf-8',
      'content-encoding': 'gzip',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    t.equal(
      headers['content-security-policy'],
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      path,
    )
    const text = gunzipSync(content).toString('utf8')
    const referred = [...text.matchAll(/\b(?:src|href)="(\/[\w.-]+)"/g)].map(([, found = '']) => found)
    await Promise.all((ending === 'js' ? importsOf(text) : referred).map(load))
  }
  await load('/')
  t.same(
    [...loaded].sort(),
    ['/', '/icon.svg', '/style.css', ...globSync('*.ts', { cwd: folder }).map((name) => `/${name.replace(/ts$/, 'js')}`)].sort(),
  )
  t.ok(bytes < 150_000 && bytes > 10_000, `${bytes} bytes`)
})
