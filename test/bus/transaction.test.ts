import t from 'tap'
import type { Echo } from '../../src/bus/index.ts'
import { DRAIN_MS } from '../../src/bus/limits.ts'
import { type Input, type Output, type State, start, step, wakeAt } from '../../src/bus/transaction.ts'
import { crc16, toAddress, toLineAddress } from '../../src/modbus/index.ts'
import { toMonotonic } from '../../src/platform/index.ts'

const BAUD = 19200
const asked = {
  address: must(toLineAddress(1)),
  request: { kind: 'read-holding-registers', address: must(toAddress(0x2edf)), quantity: 2 },
  replyTimeoutMs: 100,
} as const

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a value of this test is wrong')
  return value
}
const frame = (hex: string): Uint8Array => {
  const body = Buffer.from(hex, 'hex')
  const crc = crc16(body)
  return Uint8Array.from([...body, crc & 0xff, crc >> 8])
}
const reply = frame('01030412345678')

/** Runs inputs at their times and returns what came out, with the last state. The line keeps what it finds out about its echo. */
function play(inputs: readonly (readonly [number, Input])[], echo: Echo = 'no'): { kinds: string[]; state: State; echo: Echo } {
  let known = echo
  let state = start(toMonotonic(0))
  const outputs: Output[] = []
  for (const [at, input] of inputs) {
    const [next, out] = step(state, input, toMonotonic(at), { baud: BAUD, echo: known })
    state = next
    outputs.push(...out)
    for (const output of out) if (output.kind === 'echo') known = output.echo
  }
  return { kinds: outputs.map((output) => output.kind), state, echo: known }
}
const ask: Input = { kind: 'ask', asked }
const bytes = (b: Uint8Array): Input => ({ kind: 'bytes', bytes: b })
const time: Input = { kind: 'time' }

t.test('a request waits for 3.5 characters of silence and is then written in one piece', (t) => {
  t.same(play([[1, ask]]).kinds, [])
  t.same(
    play([
      [1, ask],
      [1.9, time],
    ]).kinds,
    [],
  )
  t.same(
    play([
      [1, ask],
      [2.1, time],
    ]).kinds,
    ['write'],
  )
  t.same(
    play([
      [1, ask],
      [1.9, bytes(Uint8Array.of(0))],
      [2.1, time],
    ]).kinds,
    [],
    'noise starts the silence anew',
  )
  t.end()
})

t.test('the reply ends the transaction however it is cut', (t) => {
  const written: readonly (readonly [number, Input])[] = [[10, ask]]
  t.same(play([...written, [30, bytes(reply)]]).kinds, ['write', 'reply', 'ready'])
  t.same(play([...written, ...[...reply].map((byte, i) => [30 + i, bytes(Uint8Array.of(byte))] as const)]).kinds, [
    'write',
    'reply',
    'ready',
  ])
  t.end()
})

t.test('another breaker answers: dropped, and the true reply is still awaited', (t) => {
  t.same(
    play([
      [10, ask],
      [30, bytes(frame('02030412345678'))],
      [50, bytes(reply)],
    ]).kinds,
    ['write', 'discarded', 'reply', 'ready'],
  )
  t.end()
})

t.test('after a time-out nothing is sent until a late reply would be over', (t) => {
  const late = play([
    [10, ask],
    [120, time],
    [121, bytes(reply)],
    [123, time],
  ])
  t.same(late.kinds, ['write', 'timed-out', 'discarded'], 'the late reply answers nobody and is counted')
  t.equal(late.state.kind, 'draining')
  t.same(
    play([
      [10, ask],
      [120, time],
      [121, bytes(reply)],
      [135, time],
    ]).kinds,
    ['write', 'timed-out', 'discarded', 'ready'],
  )
  t.end()
})

t.test('the time-out is the time of the device; the line has its own on top', (t) => {
  const { state } = play([[10, ask]])
  const wake = wakeAt(state)
  t.equal(wake === 'never' ? 0 : Math.round(1000 * wake.at), Math.round(1000 * (10 + (17 * 11_000) / BAUD + 100)))
  t.end()
})

t.test('an adapter that hears its own sending is found out with the first read, and its echo never answers anything', (t) => {
  const request = frame('01032edf0002')
  const heard = play(
    [
      [10, ask],
      [15, bytes(request)],
      [40, bytes(reply)],
      [60, ask],
      [65, bytes(request)],
      [400, time],
    ],
    'unknown',
  )
  t.same(heard.kinds, ['write', 'echo', 'reply', 'ready', 'write', 'timed-out'], 'the second time only the echo comes: no reply')
  t.equal(heard.echo, 'yes')
  const silent = play(
    [
      [10, ask],
      [40, bytes(reply)],
    ],
    'unknown',
  )
  t.same(silent.kinds, ['write', 'echo', 'reply', 'ready'])
  t.equal(silent.echo, 'no')
  t.end()
})

t.test('a write that looks like its own echo is not sent before it is known whether the line echoes', (t) => {
  const write = { ...asked, request: { kind: 'write-single-register', address: must(toAddress(0x0bb8)), value: 1 } } as const
  t.same(play([[10, { kind: 'ask', asked: write }]], 'unknown').kinds, ['not-sent', 'ready'])
  const echo = frame('01060bb80001')
  const sent = play(
    [
      [10, { kind: 'ask', asked: write }],
      [15, bytes(echo)],
      [400, time],
    ],
    'yes',
  )
  t.same(sent.kinds, ['write', 'timed-out'], 'its echo confirms nothing')
  const confirmed = play(
    [
      [10, { kind: 'ask', asked: write }],
      [15, bytes(echo)],
      [40, bytes(echo)],
    ],
    'yes',
  )
  t.same(confirmed.kinds, ['write', 'reply', 'ready'])
  t.end()
})

t.test('nothing is awaited after force listen only: the line is free after its silence', (t) => {
  const force = { ...asked, request: { kind: 'diagnostics', subFunction: 4, data: Uint8Array.of(0, 0) } } as const
  const played = play([
    [10, { kind: 'ask', asked: force }],
    [18, time],
  ])
  t.same(played.kinds, ['write', 'sent', 'ready'])
  t.end()
})

t.test('babble is discarded, the line falls silent, and the next request gets its own reply', (t) => {
  const noise = new Uint8Array(400).fill(1)
  const played = play([
    [10, ask],
    [20, bytes(noise.subarray(0, 200))],
    [21, bytes(noise.subarray(200))],
    [30, bytes(reply)],
    [100, ask],
  ])
  t.equal(played.kinds[0], 'write')
  t.ok(played.kinds.includes('discarded'))
  t.equal(played.kinds.filter((kind) => kind === 'reply').length, 1)
  t.end()
})

t.test('a whole request that the gateway did not send is another master; replies, noise and broken frames are not [S-40]', (t) => {
  const foreign = frame('090300000001')
  const kinds = (inputs: Parameters<typeof play>[0]): string[] => play(inputs).kinds.filter((kind) => kind !== 'stray')
  t.same(kinds([[5, bytes(foreign)]]), ['foreign'])
  const cut = [
    [5, bytes(foreign.subarray(0, 3))],
    [5.5, bytes(foreign.subarray(3))],
  ] as const
  t.same(kinds(cut), ['foreign'], 'however it is cut')
  t.same(kinds([[5, bytes(frame('09030212340000').subarray(0, 7))]]), [])
  t.same(kinds([[5, bytes(frame('0903021234'))]]), [], 'a reply')
  t.same(kinds([[5, bytes(Uint8Array.from([...foreign.subarray(0, 7), 0xff]))]]), [], 'a wrong CRC')
  const apart = [
    [5, bytes(foreign.subarray(0, 3))],
    [50, bytes(foreign.subarray(3))],
  ] as const
  t.same(kinds(apart), [], 'two halves with silence between them are no frame')
  t.end()
})

t.test('bytes that nobody asked for are counted by burst, and a valid frame among them is no noise', (t) => {
  const noise = Uint8Array.of(0x55)
  t.same(play([5, 105, 205].map((at) => [at, bytes(noise)] as const)).kinds, ['stray', 'stray', 'stray'])
  t.same(play([5, 5.5].map((at) => [at, bytes(noise)] as const)).kinds, ['stray'], 'one burst')
  const burst = play([[5, bytes(frame('0903021234'))]])
  t.same(burst.kinds, ['stray', 'stray'], 'a whole frame takes its count back')
  t.end()
})

/** A stray byte every `everyMs` from `from` on, and each of the timers that the state asks for in between. */
function babble(first: readonly (readonly [number, Input])[], from: number, everyMs: number, until: number) {
  let state = start(toMonotonic(0))
  const outputs: (readonly [number, string])[] = []
  const feed = (at: number, input: Input): void => {
    const [next, out] = step(state, input, toMonotonic(at), { baud: BAUD, echo: 'no' })
    state = next
    outputs.push(...out.map(({ kind }) => [Math.round(at), kind] as const))
  }
  for (const [at, input] of first) feed(at, input)
  for (let at = from; at < until; at += everyMs) {
    for (let wake = wakeAt(state); wake !== 'never' && wake.at < at; wake = wakeAt(state)) feed(wake.at, time)
    feed(at, bytes(Uint8Array.of(0x55)))
  }
  return outputs
}

t.test('a stray byte now and then keeps no line from draining for ever: the next request goes in what silence there is [S-46]', (t) => {
  const long = { ...asked, request: { ...asked.request, quantity: 125 } }
  const outputs = babble([[10, { kind: 'ask', asked: long }]], 15, 100, 10_000)
  const [at] = outputs.find(([, kind]) => kind === 'ready') ?? [0]
  t.ok(at > 300 && at <= 400 + DRAIN_MS, `ready again at ${at} ms`)
  t.ok(outputs.some(([, kind]) => kind === 'never-silent'))
  t.end()
})

t.test('on a line without any silence a request is given up, with the reason, and not one byte is sent', (t) => {
  const outputs = babble(
    [
      [1, bytes(Uint8Array.of(0x55))],
      [1.5, ask],
    ],
    2,
    1,
    3000,
  )
  t.same(
    outputs.filter(([, kind]) => kind !== 'stray').map(([, kind]) => kind),
    ['not-sent', 'never-silent', 'ready'],
  )
  t.end()
})
