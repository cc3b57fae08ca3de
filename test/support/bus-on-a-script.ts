import { type Outcome, createBus } from '../../src/bus/index.ts'
import type { Exchanged, Line, Notice } from '../../src/bus/index.ts'
import type { Operation } from '../../src/breakers/index.ts'
import { classify } from '../../src/breakers/index.ts'
import { type LineAddress, type Request, toLineAddress } from '../../src/modbus/index.ts'
import { toRecordId } from '../../src/events/index.ts'
import { type Subject, clear, toConnectionId, toRole } from '../../src/policy/index.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { profileOf } from './requests.ts'
import { everywhere } from './rights.ts'

export type OnTheLine = { readonly address: number; readonly request: Request; readonly replyTimeoutMs: number; readonly at: number }

/** A line that answers what the test says, each transaction taking 30 ms, time-outs their own. */
export function busOnAScript(options: { kind?: 'serial' | 'ethernet'; lanes?: number; readRetries?: number; longestWaitMs?: number } = {}) {
  const clock = virtualClock()
  const sent: OnTheLine[] = []
  let answer: (one: OnTheLine) => Exchanged = ({ request }) => ({
    kind: 'reply',
    reply:
      'quantity' in request
        ? { kind: 'registers', registers: new Uint8Array(2 * request.quantity).fill(sent.length) }
        : { kind: 'written' },
  })
  let tell: (notice: Notice) => void = () => undefined
  /** The line keeps each request for so long before it sends it, milliseconds. */
  let keepMs = 0
  const line: Line = {
    kind: options.kind ?? ((options.lanes ?? 1) === 1 ? 'serial' : 'ethernet'),
    lanes: options.lanes ?? 1,
    quantumMs: 30,
    costMs: () => 30,
    exchange(target, request, stillHolds, end) {
      if (keepMs > 0) return void clock.after(keepMs, () => exchange(target, request, stillHolds, end))
      exchange(target, request, stillHolds, end)
    },
    close: () => Promise.resolve(),
  }
  const exchange: Line['exchange'] = ({ address, replyTimeoutMs }, request, stillHolds, end) => {
    if (!stillHolds()) return void clock.after(0, () => end({ kind: 'withdrawn' }))
    const one = { address, request, replyTimeoutMs, at: clock.now() }
    sent.push(one)
    const exchanged = answer(one)
    clock.after(exchanged.kind === 'no-reply' ? replyTimeoutMs : 30, () => end(exchanged))
  }
  const bus = createBus(
    { readRetries: options.readRetries ?? 1, longestWaitMs: options.longestWaitMs ?? 60_000 },
    {
      clock,
      notice: () => undefined,
      open(notice) {
        tell = notice
        return line
      },
    },
  )
  const profile = profileOf('nsx-bscm')
  const subjects = new Map<string, Subject>()
  const subjectOf = (name: string): Subject => {
    const known = subjects.get(name)
    if (known !== undefined) return known
    const made: Subject = {
      kind: 'client',
      name,
      role: toRole('Operator') ?? 'NULL',
      source: '10.0.0.9:4711',
      levels: everywhere('control'),
      connection: toConnectionId(subjects.size + 1),
    }
    subjects.set(name, made)
    return made
  }
  const addressOf = (unit: number): LineAddress => {
    const address = toLineAddress(unit)
    if (address === undefined) throw new Error(`${unit} is no address`)
    return address
  }
  type Asked = {
    client?: string
    unit?: number
    wanted?: () => boolean
    stillHolds?: () => boolean
    refresh?: readonly { from: number; to: number; everyMs: number }[]
  }
  /** Starts a request; its outcome is in `ended` once it is there. */
  const ask = (
    request: Request,
    { client = 'scada', unit = 1, wanted = () => true, stillHolds = () => true, refresh = [] }: Asked = {},
  ) => {
    const operation: Operation = classify(request, profile)
    const record = operation.class === 'monitor' ? 'none' : toRecordId(1)
    const cleared = clear(
      operation,
      { kind: 'allow', grant: 'none', wouldDeny: 'none', record: record === 'none' ? 'none' : 'write-ahead' },
      record,
    )
    const ended: Outcome[] = []
    void bus
      .perform(
        cleared,
        { address: addressOf(unit), replyTimeoutMs: 600, refresh },
        { subject: subjectOf(client), stillConnected: wanted, stillHolds },
      )
      .then((outcome) => ended.push(outcome))
    return ended
  }
  /** Lets time pass, one timer after the other, with all that follows from each. */
  const pass = async (ms: number): Promise<void> => {
    const end = clock.now() + ms
    do await new Promise((resolve) => setImmediate(resolve))
    while (clock.step(end - clock.now()))
    clock.advance(end - clock.now())
  }
  return {
    bus,
    clock,
    sent,
    ask,
    pass,
    tell: (notice: Notice) => tell(notice),
    answer: (by: typeof answer) => void (answer = by),
    addressOf,
    keep: (ms: number) => void (keepMs = ms),
  }
}
