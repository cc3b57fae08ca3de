import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The openssl program, a foreign maker and user of certificates; tests that need it are skipped where it is not installed. */
export const skipWithoutOpenssl = spawnSync('openssl', ['version']).status === 0 ? false : 'no openssl program here'
export const openssl = (...args: string[]): string => execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

export type Foreign = {
  /** Lines of an extension file, such as `extendedKeyUsage=clientAuth`. */
  readonly extensions?: readonly string[]
  readonly subject?: string
  /** Names of the authority's files without ending; the site's own when left out. */
  readonly authority?: string
  readonly from?: string
  readonly until?: string
  readonly selfSigned?: boolean
}

/** A client certificate with whatever is wrong with it, made by openssl and signed by an authority of the folder. */
export function foreignCertificate(
  folder: string,
  name: string,
  { extensions = [], subject, authority, from, until, selfSigned = false }: Foreign = {},
): void {
  const at = (file: string): string => join(folder, file)
  const ca = authority ?? 'site-ca'
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', at(`${name}.key`))
  openssl('req', '-new', '-key', at(`${name}.key`), '-subj', subject ?? `/CN=${name}`, '-out', at(`${name}.csr`), '-utf8')
  writeFileSync(at(`${name}.ext`), `${extensions.join('\n')}\n`)
  // `openssl ca` is the one that takes dates of one's own.
  const config = `[ca]\ndefault_ca=c\n[c]\nnew_certs_dir=${folder}\ndatabase=${at(`${name}.db`)}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=optional\n`
  writeFileSync(at(`${name}.cnf`), config)
  writeFileSync(at(`${name}.db`), '')
  openssl(
    ...[
      'ca',
      '-batch',
      '-notext',
      '-utf8',
      '-config',
      at(`${name}.cnf`),
      '-in',
      at(`${name}.csr`),
      '-out',
      at(`${name}.crt`),
      '-extfile',
      at(`${name}.ext`),
    ],
    ...(selfSigned
      ? ['-selfsign', '-keyfile', at(`${name}.key`)]
      : ['-cert', at(ca === 'site-ca' ? 'site-ca.crt' : `${ca}.crt`), '-keyfile', at(`${ca}.key`)]),
    ...['-startdate', from ?? '20260101000000Z', '-enddate', until ?? '20361231000000Z'],
  )
}

/** Runs `openssl s_client`, types each text once the one before has had its answer, and returns all that it said. */
export function sClient(
  port: number,
  args: readonly string[],
  input: readonly { readonly after: RegExp; readonly text: string }[] = [],
): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args])
    const steps = [...input]
    let said = ''
    let seen = 0
    const look = (): void => {
      const [next] = steps
      if (next === undefined || !next.after.test(said.slice(seen))) return
      steps.shift()
      seen = said.length
      child.stdin.write(next.text)
    }
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString('latin1')
        look()
      })
    child.stdin.on('error', () => undefined)
    if (input.length === 0) child.stdin.end()
    child.on('close', () => resolve(said))
  })
}
