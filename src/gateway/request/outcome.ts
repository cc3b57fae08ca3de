import { background } from '../../platform/index.ts'
import { IN_PROGRESS, RESULT_FIRST } from '../../breakers/index.ts'
import type { Outcome } from '../../bus/index.ts'
import { event } from '../../events/index.ts'
import { type Reply, matchReply, registerOf, toAddress } from '../../modbus/index.ts'
import { type RefusalReason, refusalReasons } from '../../policy/index.ts'
import type { Answer, IncomingRequest } from '../../upstream/index.ts'
import { type RequestPorts, askedByGateway } from '../request-ports.ts'
import { settingOf } from './changed-setting.ts'
import { describeUnsent } from './unsent-reason.ts'
import { type OperationContext, eventFields } from './operation-context.ts'
import type { CommandResult, CommandTurn } from './command-turns.ts'

/** Registers 8020 (last command) and 8021 (its state) (DOCA0091EN, "Command Interface"). */
const RESULT_ADDRESS = toAddress(RESULT_FIRST - 1)
const POLL_MS = 100
/** The documents give a command one second; a bus full of reads may need more until the question is asked. */
const GIVE_UP_MS = 3000

/** Errors of register 8021 in words (DOCA0091EN, DOCA0213EN, DOCA0054EN); others are shown as their number. */
const deviceErrors: Readonly<Record<number, string>> = {
  0x1101: 'not enough rights or wrong password',
  0x1201: 'not enough rights or wrong password',
  0x1401: 'not enough rights or wrong password',
  0x1501: 'not enough rights or wrong password',
  0x1197: 'tripped, reset first',
  0x1297: 'tripped, reset first',
  0x1198: 'already closed',
  0x1298: 'already closed',
  0x1199: 'already open',
  0x1299: 'already open',
  0x119a: 'already reset',
  0x119b: 'remote commands are not allowed: actuator in manual mode',
  0x129b: 'remote commands are not allowed: local mode',
  0x119c: 'no actuator',
  0x119e: 'the previous command is still running',
  0x129e: 'the previous command is still running',
  0x119f: 'reset is forbidden after an electrical fault',
  0x110b: 'the module is out of order',
  0x11a0: 'closing is inhibited',
  0x12a0: 'closing is inhibited',
  0x12a9: 'already in the state that was asked for',
}

/** Whether a command may be running in the device now: only then does its turn last. */
export function wasTaken(outcome: Outcome): boolean {
  switch (outcome.kind) {
    case 'reply':
      return outcome.reply.kind !== 'exception'
    case 'no-reply':
    case 'sent':
      return true
    case 'unreachable':
    case 'withdrawn':
    case 'busy':
    case 'expired':
    case 'backed-off':
      return false
  }
}

type Serve = (asked: IncomingRequest, ports: RequestPorts) => Promise<Answer>

/** What stopped an operation that was allowed, right before its first byte. */
export type Stopped = RefusalReason | 'client-gone' | 'not-stopped'
type Ended = { readonly outcome: Outcome; readonly stopped: Stopped }

export function describeStopped(stopped: Stopped): string {
  const noLonger = 'the decision no longer held right before sending'
  if (stopped === 'client-gone') return 'its client had ended the connection before it was sent'
  return stopped === 'not-stopped' ? noLonger : `${noLonger}: ${refusalReasons[stopped].text}`
}

/** Records how an allowed operation ended. The client does not wait for it: a command's own result comes later than its echo. */
export function followOutcome(
  context: OperationContext,
  turn: CommandTurn,
  { outcome, stopped }: Ended,
  ports: RequestPorts,
  serve: Serve,
): void {
  const record = (end: End): void => recordEnd(context, end, ports)
  switch (outcome.kind) {
    case 'withdrawn':
      return record({ kind: 'failed', why: describeStopped(stopped) })
    case 'busy':
      return record({ kind: 'failed', why: 'the queue of the bus is full' })
    case 'unreachable':
    case 'expired':
      return record({ kind: 'failed', why: outcome.why })
    case 'backed-off':
      return record({ kind: 'failed', why: `${context.breaker.name} ${describeUnsent(outcome.silence)}` })
    case 'sent':
      return record({ kind: 'unknown', why: 'sent; no device ever answers it' })
    case 'no-reply':
      turn.followed()
      return record({ kind: 'unknown', why: outcome.why })
    case 'reply':
      if (outcome.reply.kind === 'exception') return record({ kind: 'refused', why: `exception ${outcome.reply.code}` })
      if (context.operation.command === 'none') return record({ kind: 'done' })
      background(
        commandResult(context, turn, context.operation.command.code, ports, serve).then((end) => {
          turn.followed()
          record(end)
        }),
      )
  }
}

type End = { readonly kind: 'done' } | { readonly kind: 'refused' | 'failed' | 'unknown'; readonly why: string }

/** Learns how a command ended from its client's own reading, or asks the breaker, through the same steps as everybody. */
async function commandResult(
  context: OperationContext,
  turn: CommandTurn,
  command: number,
  ports: RequestPorts,
  serve: Serve,
): Promise<End> {
  const giveUpAt = ports.clock.now() + GIVE_UP_MS
  const told = turn.result()
  while (ports.clock.now() < giveUpAt) {
    const pause = new Promise<'ask'>((resolve) => ports.clock.after(POLL_MS, () => resolve('ask')))
    const next = await Promise.race([told, pause])
    if (next !== 'ask') return judge(next, command)
    const reply = await readResult(context, ports, serve)
    if (reply?.kind !== 'registers') continue
    const view = new DataView(reply.registers.buffer, reply.registers.byteOffset)
    const result = { code: view.getUint16(0), status: view.getUint16(2) }
    if (result.code !== command || result.status !== IN_PROGRESS) return judge(result, command)
  }
  return { kind: 'unknown', why: 'the breaker took the command and did not report its end' }
}

function judge({ code, status }: CommandResult, command: number): End {
  if (code !== command) return { kind: 'unknown', why: 'another command has run since' }
  if ((status & 0xff) === 0) return { kind: 'done' }
  return { kind: 'refused', why: deviceErrors[status] ?? `error ${status} of register ${registerOf(resultAddress()) + 1}` }
}

async function readResult(context: OperationContext, ports: RequestPorts, serve: Serve): Promise<Reply | undefined> {
  const request = { kind: 'read-holding-registers', address: resultAddress(), quantity: 2 } as const
  const { pdu } = await serve(askedByGateway(context.asked.unit, request), ports)
  if (pdu === 'none') return undefined
  const reply = matchReply(request, pdu)
  return reply.kind === 'mismatch' ? undefined : reply
}

function resultAddress() {
  if (RESULT_ADDRESS === undefined) throw new Error('8019 is an address')
  return RESULT_ADDRESS
}

function recordEnd(context: OperationContext, end: End, ports: RequestPorts): void {
  const durationMs = Math.round(ports.clock.now() - context.since)
  switch (end.kind) {
    case 'done': {
      const said = eventFields(context)
      ports.journal.note(event('operation-done', { ...said, outcome: 'done', durationMs }))
      const setting = settingOf(context.operation, context.breaker.name)
      return setting === 'none' ? undefined : ports.journal.note(event('setting-changed', { ...said, ...setting, old: 'not read' }))
    }
    case 'refused':
      return ports.journal.note(
        event('operation-refused-by-device', { ...eventFields(context), outcome: 'refused-by-device', reason: end.why, durationMs }),
      )
    case 'failed':
      return ports.journal.note(event('operation-failed', { ...eventFields(context), outcome: 'not-sent', reason: end.why, durationMs }))
    case 'unknown':
      return ports.journal.note(event('operation-outcome-unknown', { ...eventFields(context), outcome: 'unknown', reason: end.why }))
  }
}
