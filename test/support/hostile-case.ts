import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A case is a file: headers, a blank line, hex. `expect` has a verdict per frame; an unknown header or verdict fails. */
export type HostileCase = {
  readonly file: string
  readonly expect: readonly string[]
  readonly why: string
  readonly bytes: Uint8Array
  /** Of a reply: the request that it answers, as it was on the line. */
  readonly request: Uint8Array
  /** Who asks, and whether every lock is open: `Viewer, locked`. Without it nothing but codec and route judge. */
  readonly policy: string | undefined
  readonly profile: string
  readonly echo: 'yes' | 'no' | 'unknown'
  /** `whole`: the verdict is about bytes that come together; otherwise it holds however they are cut. */
  readonly arrives: 'whole' | 'anyhow'
}

const verdict = /^(forward|close|wait|discard|accept|(accept )?exception [0-9A-F]{2})$/
const names = new Set(['expect', 'why', 'request', 'policy', 'profile', 'echo', 'arrives'])
const folder = join(import.meta.dirname, '../cases')

export function readCases(transport: 'mbap' | 'rtu-response'): readonly HostileCase[] {
  return globSync('*.case', { cwd: join(folder, transport) })
    .sort()
    .map((file) => readCase(join(folder, transport, file), file))
}

function readCase(path: string, file: string): HostileCase {
  const [head = '', hex = ''] = readFileSync(path, 'utf8').split('\n\n')
  const headers = new Map(head.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]))
  for (const name of headers.keys()) if (!names.has(name)) throw new Error(`${file}: unknown header "${name}"`)
  const expect = (headers.get('expect') ?? '').split(',').map((one) => one.trim())
  for (const one of expect) if (!verdict.test(one)) throw new Error(`${file}: unknown verdict "${one}"`)
  const echo = headers.get('echo') ?? 'no'
  if (echo !== 'yes' && echo !== 'no' && echo !== 'unknown') throw new Error(`${file}: echo ${echo}`)
  const why = headers.get('why') ?? ''
  if (why === '') throw new Error(`${file}: no reason is given`)
  return {
    file,
    expect,
    why,
    bytes: Buffer.from(hex.replace(/\s/g, ''), 'hex'),
    request: Buffer.from(headers.get('request') ?? '', 'hex'),
    policy: headers.get('policy'),
    profile: headers.get('profile') ?? 'nsx-bscm',
    echo,
    arrives: headers.get('arrives') === 'whole' ? 'whole' : 'anyhow',
  }
}

/** The same bytes whole, one by one, and cut in two at every place. */
export function pieces({ bytes, arrives }: HostileCase): readonly (readonly [string, readonly Uint8Array[]])[] {
  if (arrives === 'whole') return [['whole', [bytes]]]
  const cuts = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, i) => i + 1)
  return [
    ['whole', [bytes]],
    ['byte by byte', [...bytes].map((byte) => Uint8Array.of(byte))],
    ...cuts.map((cut) => [`cut at ${cut}`, [bytes.subarray(0, cut), bytes.subarray(cut)]] as const),
  ]
}
