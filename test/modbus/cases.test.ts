import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type MbapOutput, decodeRequest, mbapStart, stepMbap } from '../../src/modbus/index.ts'

/** A case is a file: `expect:` with a verdict per frame, `why:`, a blank line, hex. An unknown header or verdict fails. */
const folder = join(import.meta.dirname, '../cases/mbap')
const verdicts = /^(forward|close|wait|exception 0[123])$/

function readCase(file: string): { expect: string[]; why: string; bytes: Buffer } {
  const [head = '', hex = ''] = readFileSync(join(folder, file), 'utf8').split('\n\n')
  const headers = new Map(head.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]))
  for (const name of headers.keys()) if (name !== 'expect' && name !== 'why') throw new Error(`${file}: unknown header "${name}"`)
  const expect = (headers.get('expect') ?? '').split(',').map((verdict) => verdict.trim())
  for (const verdict of expect) if (!verdicts.test(verdict)) throw new Error(`${file}: unknown verdict "${verdict}"`)
  return { expect, why: headers.get('why') ?? '', bytes: Buffer.from(hex.replace(/\s/g, ''), 'hex') }
}

function verdictOf(output: MbapOutput): string {
  if (output.kind === 'broken') return 'close'
  const decoded = decodeRequest(output.frame.pdu)
  switch (decoded.kind) {
    case 'request':
      return 'forward'
    case 'malformed':
      return `exception 0${decoded.exception}`
    case 'unsupported':
      return 'exception 01'
    case 'not-a-request':
      return 'close'
  }
}

/** The verdicts for a stream that arrives in the given pieces. */
function judge(pieces: readonly Uint8Array[]): string[] {
  let state = mbapStart
  const seen: string[] = []
  for (const piece of pieces) {
    const [next, outputs] = stepMbap(state, piece)
    state = next
    seen.push(...outputs.map(verdictOf))
    if (seen.includes('close')) return seen
  }
  return seen.length === 0 ? ['wait'] : seen
}

const files = globSync('*.case', { cwd: folder })
t.test('hostile frames get the verdict of their case file, whole and byte by byte [CR 3.5]', (t) => {
  t.ok(files.length >= 20, `${files.length} cases`)
  for (const file of files) {
    const { expect, why, bytes } = readCase(file)
    t.same(judge([bytes]), expect, `${file}: ${why}`)
    t.same(judge([...bytes].map((byte) => Uint8Array.of(byte))), expect, `${file}, byte by byte`)
    for (let cut = 1; cut < bytes.length; cut++)
      t.same(judge([bytes.subarray(0, cut), bytes.subarray(cut)]), expect, `${file}, cut at ${cut}`)
  }
  t.end()
})
