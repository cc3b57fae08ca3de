import { MAX_HEARD_BYTES } from '../../src/bus/limits.ts'
import { type State, type Output, start, step, wakeAt } from '../../src/bus/transaction.ts'
import { classify, describeOperation } from '../../src/breakers/index.ts'
import { profileFolder, profileNames } from '../../src/config/index.ts'
import {
  type Request,
  decodeRequest,
  encodeReply,
  encodeRequest,
  mbapStart,
  matchReply,
  replyLength,
  stepMbap,
  toLineAddress,
} from '../../src/modbus/index.ts'
import { toMonotonic } from '../../src/platform/index.ts'
import { profileOf } from './requests.ts'

/**
 * What the fuzzer runs: each target takes any bytes and returns what they led to, outcome by outcome, which tells whether an input is new;
 * it throws when a rule of the code is broken.
 */
export type Target = (input: Uint8Array) => readonly string[]

const profiles = profileNames([profileFolder]).map(profileOf)
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
function rule(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken: ${what}`)
}
/** Reasons without their numbers: a signature is a kind of outcome, not a value. */
const kindOf = (why: string): string => why.replace(/\d+/g, '#').slice(0, 60)

function withoutPadding(request: Request, pdu: Uint8Array): Uint8Array {
  if (request.kind !== 'write-multiple-coils') return pdu
  const padded = pdu.slice()
  const used = request.values.length & 7
  if (used !== 0) padded[padded.length - 1] = (padded.at(-1) ?? 0) & ((1 << used) - 1)
  return padded
}

/** A stream of Modbus TCP, cut where its first byte says, through codec and classification. */
function mbap(input: Uint8Array): readonly string[] {
  const every = 1 + ((input[0] ?? 0) % 64)
  const profile = profiles[(input[1] ?? 0) % profiles.length]
  let state = mbapStart
  const seen = new Set<string>()
  for (let at = 2; at < input.length; at += every) {
    const [next, outputs] = stepMbap(state, input.subarray(at, at + every))
    state = next
    rule(state.pending.length < 260, `${state.pending.length} bytes wait for the rest of a frame`)
    for (const output of outputs) {
      if (output.kind === 'broken') return [...seen, kindOf(output.why)]
      const decoded = decodeRequest(output.frame.pdu)
      if (decoded.kind === 'malformed') seen.add(`${decoded.functionCode} ${kindOf(decoded.why)}`)
      else if (decoded.kind === 'unsupported') seen.add(`unsupported ${decoded.what.includes('/') ? decoded.functionCode : ''}`)
      else if (decoded.kind === 'request' && profile !== undefined) {
        const { request } = decoded
        rule(same(encodeRequest(request), withoutPadding(request, output.frame.pdu)), `${request.kind} is not encoded as it came`)
        const operation = classify(request, profile)
        rule(!describeOperation(operation, 'Q').includes('{'), `words: ${operation.words}`)
        seen.add(`${request.kind} ${operation.class} ${kindOf(operation.words).slice(0, 24)}`)
      } else seen.add(decoded.kind)
    }
  }
  return [...seen]
}

/** A request of one length byte and its PDU, and what is left as the reply to it. */
function split(input: Uint8Array): { readonly request: Request; readonly rest: Uint8Array } | undefined {
  const length = input[0] ?? 0
  const decoded = decodeRequest(input.subarray(1, 1 + length))
  return length === 0 || decoded.kind !== 'request' ? undefined : { request: decoded.request, rest: input.subarray(1 + length) }
}

function reply(input: Uint8Array): readonly string[] {
  const found = split(input)
  if (found === undefined) return ['no request']
  const { request, rest } = found
  const matched = matchReply(request, rest)
  const length = replyLength(request, rest)
  if (matched.kind === 'mismatch') return [`${request.kind} ${matched.reason} ${kindOf(matched.why)}`]
  rule(length === rest.length, `a reply of ${rest.length} bytes was to have ${String(length)}`)
  rule(matched.kind === 'bits' || same(encodeReply(request, matched), rest), `${matched.kind} is not encoded as it came`)
  return [`${request.kind} ${matched.kind}`]
}

/** A serial transaction: chunks of the bytes behind the request, each with a pause, until everything is over. */
function line(input: Uint8Array): readonly string[] {
  const echo = (['no', 'yes', 'unknown'] as const)[(input[0] ?? 0) % 3] ?? 'no'
  const found = split(input.subarray(1))
  const address = toLineAddress(1)
  if (found === undefined || address === undefined) return ['no request']
  let state: State = start(toMonotonic(0))
  let now = 10
  const outputs: Output[] = []
  const feed = (one: Parameters<typeof step>[1]): void => {
    const [next, out] = step(state, one, toMonotonic(now), { baud: 19_200, echo })
    state = next
    outputs.push(...out)
    if (state.kind === 'waiting' && 'bytes' in state.heard) {
      const { length } = state.heard.bytes
      rule(length <= MAX_HEARD_BYTES, `${length} bytes are kept`)
    }
  }
  feed({ kind: 'ask', asked: { address, request: found.request, replyTimeoutMs: 100 } })
  for (let at = 0; at + 1 < found.rest.length;) {
    const size = 1 + ((found.rest[at] ?? 0) % 40)
    now += ((found.rest[at + 1] ?? 0) % 32) / 4
    for (let due = wakeAt(state); due !== 'never' && due.at <= now; due = wakeAt(state)) feed({ kind: 'time' })
    if (state.kind !== 'quiet') feed({ kind: 'bytes', bytes: found.rest.subarray(at + 2, at + 2 + size) })
    at += 2 + size
  }
  let turns = 0
  for (let due = wakeAt(state); due !== 'never'; due = wakeAt(state)) {
    now = Math.max(now, due.at)
    feed({ kind: 'time' })
    turns += 1
    rule(turns < 10, `${state.kind} does not end`)
  }
  rule(outputs.filter((output) => output.kind === 'write').length <= 1, 'a request is written once')
  rule(outputs.filter((output) => output.kind === 'ready').length === 1, 'a transaction ends once')
  rule(outputs.filter((output) => ['reply', 'timed-out', 'sent', 'not-sent'].includes(output.kind)).length === 1, 'and has one outcome')
  const said = outputs.map((output) => (output.kind === 'discarded' ? `discarded-${output.reason}` : output.kind))
  const { kind } = found.request
  return said.map((one, i) => `${echo} ${i === 0 ? kind : (said[i - 1] ?? '')} then ${one}`).concat(`${kind} ends ${said.at(-2) ?? ''}`)
}

export const targets = { mbap, reply, line } as const satisfies Record<string, Target>
export type TargetName = keyof typeof targets
