import { parseArgs } from 'node:util'
import { chanceFrom } from '../hil/sim/chance.ts'
import { crc16, decodeRequest, encodeRequest } from '../src/modbus/index.ts'
import { readCorpus, writeCorpus } from '../test/support/corpus.ts'
import { type TargetName, targets } from '../test/support/fuzz-targets.ts'
import { readCases } from '../test/support/hostile-case.ts'

/**
 * Fuzzing by mutation: `npm run fuzz -- --minutes 5`. Starts from the saved corpus and the case files; an input with an outcome that was
 * not seen before is kept in test/corpus. A broken rule ends it with a line that shows it again.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '' },
    target: { type: 'string', default: '' },
    input: { type: 'string', default: '' },
  },
})
const names = Object.keys(targets) as TargetName[]
const out = (text: string): void => void process.stdout.write(`${text}\n`)
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** A seed is the whole state of a run: it is shown again by it. */
function chancesOf(seed: number): (below: number) => number {
  const chance = chanceFrom(seed)
  return (below) => chance.below(below)
}

/** What the case files hold, in the form that each target takes. */
function seeds(target: TargetName): Uint8Array[] {
  const replies = readCases('rtu-response').map(({ request, bytes }) => ({ pdu: request.subarray(1, -2), reply: bytes }))
  switch (target) {
    case 'mbap':
      return readCases('mbap').map(({ bytes }) => Uint8Array.from([63, 8, ...bytes]))
    case 'reply':
      return replies.map(({ pdu, reply }) => Uint8Array.from([pdu.length, ...pdu, ...reply.subarray(1, -2)]))
    case 'line':
      return replies.flatMap(({ pdu, reply }) => [0, 1, 2].map((echo) => Uint8Array.from([echo, pdu.length, ...pdu, 39, 40, ...reply])))
  }
}

const edges = [0, 1, 2, 3, 4, 6, 7, 8, 15, 16, 20, 21, 22, 23, 24, 43, 100, 125, 126, 127, 128, 0xf6, 0xf7, 0xfa, 0xfd, 0xfe, 0xff]

function mutate(input: Uint8Array, other: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = [...input]
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(bytes.length + 1)
    switch (random(7)) {
      case 0:
        bytes[at] = random(256)
        break
      case 1:
        bytes[at] = edges[random(edges.length)] ?? 0
        break
      case 2:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8))
        break
      case 3:
        bytes.splice(at, random(8))
        break
      case 4:
        bytes.splice(at, 0, ...Array.from({ length: 1 + random(8) }, () => random(256)))
        break
      case 5:
        bytes = [...bytes.slice(0, at), ...other.slice(random(other.length + 1))]
        break
      case 6:
        bytes = repaired(bytes, random)
        break
    }
    bytes = Array.from(bytes.slice(0, 1200), Number)
  }
  return Uint8Array.from(bytes)
}

/** Now and then an input must pass the first checks to reach the later ones: a right CRC, or a request as it is encoded. */
function repaired(bytes: number[], random: (below: number) => number): number[] {
  if (random(2) === 0 && bytes.length > 6) {
    const crc = crc16(Uint8Array.from(bytes.slice(2, -2)))
    return [...bytes.slice(0, -2), crc & 0xff, crc >> 8]
  }
  const decoded = decodeRequest(Uint8Array.from(bytes.slice(1)))
  return decoded.kind === 'request' ? [encodeRequest(decoded.request).length, ...encodeRequest(decoded.request)] : bytes
}

function fuzz(target: TargetName, until: number, random: (below: number) => number): boolean {
  const run = targets[target]
  const kept = new Map<string, Uint8Array>()
  const attempt = (input: Uint8Array): void => {
    for (const outcome of run(input)) {
      const before = kept.get(outcome)
      if (before === undefined || input.length < before.length) kept.set(outcome, input)
    }
  }
  let current: Uint8Array = new Uint8Array()
  let runs = 0
  try {
    for (const input of [...readCorpus(target), ...seeds(target)]) attempt((current = input))
    const known = kept.size
    let pool = [...new Set(kept.values())]
    while (performance.now() < until) {
      for (let i = 0; i < 500; i++, runs++) {
        const pick = (): Uint8Array => pool[random(pool.length)] ?? new Uint8Array()
        attempt((current = mutate(pick(), pick(), random)))
      }
      pool = [...new Set(kept.values())]
    }
    writeCorpus(target, pool)
    out(`ok   ${target}: ${runs} runs, ${kept.size} kinds of outcome, ${kept.size - known} of them new`)
    return true
  } catch (error) {
    out(
      `FAIL ${target}: ${error instanceof Error ? error.message : String(error)}\n     npm run fuzz -- --target ${target} --input ${hexOf(current)}`,
    )
    return false
  }
}

if (values.input !== '') {
  const target = targets[values.target as TargetName]
  for (const outcome of target(Buffer.from(values.input, 'hex'))) out(outcome)
} else {
  const minutes = Number(values.minutes)
  if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes}: expected a number above 0, such as 5`)
  const seed = values.seed === '' ? Date.now() & 0xffffffff : Number(values.seed)
  const chosen = values.target === '' ? names : names.filter((name) => name === values.target)
  out(`fuzzing ${chosen.join(', ')} for ${minutes} min, seed ${seed}`)
  const share = (minutes * 60_000) / chosen.length
  const good = chosen.map((name, i) => fuzz(name, performance.now() + share, chancesOf(seed + i)))
  process.exitCode = good.length > 0 && good.every(Boolean) ? 0 : 1
}
