import t from 'tap'
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

/** Runs inputs at their times and returns what came out, with the last state. */
function play(inputs: readonly (readonly [number, Input])[]): { kinds: string[]; state: State } {
  let state = start(toMonotonic(0))
  const outputs: Output[] = []
  for (const [at, input] of inputs) {
    const [next, out] = step(state, input, toMonotonic(at), BAUD)
    state = next
    outputs.push(...out)
  }
  return { kinds: outputs.map((output) => output.kind), state }
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
  t.same(late.kinds, ['write', 'timed-out'], 'the late reply answers nobody')
  t.equal(late.state.kind, 'draining')
  t.same(
    play([
      [10, ask],
      [120, time],
      [121, bytes(reply)],
      [135, time],
    ]).kinds,
    ['write', 'timed-out', 'ready'],
  )
  t.end()
})

t.test('the time-out is the time of the device; the line has its own on top', (t) => {
  const { state } = play([[10, ask]])
  t.equal(Math.round(1000 * Number(wakeAt(state))), Math.round(1000 * (10 + (17 * 11_000) / BAUD + 100)))
  t.end()
})
