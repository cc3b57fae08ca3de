import t from 'tap'
import { type Input, type Output, start, step, wakeAt } from '../../src/bus/transaction.ts'
import { type Request, crc16, decodeRequest, toLineAddress } from '../../src/modbus/index.ts'
import { type Monotonic, toMonotonic } from '../../src/platform/index.ts'
import { type HostileCase, pieces, readCases } from '../support/hostile-case.ts'

const BAUD = 19200

function requestOf({ file, request }: HostileCase): { address: NonNullable<ReturnType<typeof toLineAddress>>; request: Request } {
  const address = toLineAddress(request[0] ?? 0)
  const decoded = decodeRequest(request.subarray(1, -2))
  if (address === undefined || decoded.kind !== 'request' || crc16(request) !== 0) throw new Error(`${file}: its request is none`)
  return { address, request: decoded.request }
}

/** The verdict of a serial transaction on bytes that come in these pieces, until its time-out is over. */
function judge(parts: readonly Uint8Array[], one: HostileCase): string {
  const asked = { ...requestOf(one), replyTimeoutMs: 100 }
  let state = start(toMonotonic(0))
  let now: Monotonic = toMonotonic(10)
  const outputs: Output[] = []
  const feed = (input: Input): void => {
    const [next, out] = step(state, input, now, { baud: BAUD, echo: one.echo })
    state = next
    outputs.push(...out)
  }
  // A request that waits to know whether the line echoes is a case of its own; here the line is asked what it is told to be.
  feed({ kind: 'ask', asked })
  now = toMonotonic(400) // the longest request is over, and a whole reply may have come since
  for (const part of parts) {
    feed({ kind: 'bytes', bytes: part })
    now = toMonotonic(now + 0.5)
  }
  // What still waits for the rest of its frame is no verdict yet; an echo that was stripped is gone.
  const pending = state.kind === 'waiting' && state.odd === 'nothing' && state.heard.kind === 'reply' && state.heard.bytes.length > 0
  for (let wake = wakeAt(state); wake !== 'never' && wake.at < 100_000; wake = wakeAt(state)) {
    now = wake.at
    feed({ kind: 'time' })
  }
  const reply = outputs.find((output) => output.kind === 'reply')
  t.ok(outputs.some((output) => output.kind === 'ready'))
  if (reply?.kind === 'reply') {
    if (reply.reply.kind !== 'exception') return 'accept'
    return `accept exception ${reply.reply.code.toString(16).padStart(2, '0').toUpperCase()}`
  }
  return pending ? 'wait' : 'discard'
}

t.test('replies on a line get the verdict of their case file, whole, byte by byte and cut at every place', (t) => {
  const all = readCases('rtu-response')
  t.ok(all.length >= 60, `${all.length} cases`)
  for (const one of all) {
    const wrong = pieces(one)
      .map(([how, parts]) => `${how}: ${judge(parts, one)}`)
      .filter((line) => !line.endsWith(`: ${one.expect.join()}`))
    t.same(wrong, [], `${one.file}: ${one.expect.join()}: ${one.why}`)
  }
  t.end()
})
