import { SerialPort } from 'serialport'
import type { Clock } from '../platform/index.ts'
import { RECONNECT_MS } from './limits.ts'
import type { Exchanged, Line, Notice } from './line.ts'
import { type Input, type State, start, step, wakeAt } from './transaction.ts'

export type SerialSettings = {
  readonly path: string
  readonly baud: number
  readonly parity: 'even' | 'odd' | 'none'
  readonly stopBits: 1 | 2
}

/** A serial line: moves bytes between `serialport` and the transaction machine, sets its one timer, opens the port again. */
export function openSerialLine(settings: SerialSettings, clock: Clock, notice: (notice: Notice) => void): Line {
  const { path, baud, parity, stopBits } = settings
  const port = new SerialPort({ path, baudRate: baud, dataBits: 8, parity, stopBits, autoOpen: false, lock: true })
  let state: State = start(clock.now())
  let finish: ((exchanged: Exchanged) => void) | 'nobody' = 'nobody'
  let mayStillSend = (): boolean => false
  let whenReady: (() => void)[] = []
  let ready = true
  let cancelTimer = (): void => undefined
  let retryMs: number = RECONNECT_MS.first
  let down: 'up' | 'down' | 'not-yet' = 'not-yet'
  let closed = false

  function feed(input: Input): void {
    const [next, outputs] = step(state, input, clock.now(), baud)
    state = next
    for (const output of outputs) {
      switch (output.kind) {
        case 'write':
          if (!mayStillSend()) return withdraw()
          port.write(Buffer.from(output.bytes))
          break
        case 'reply':
          end({ kind: 'reply', reply: output.reply })
          break
        case 'timed-out':
          end({ kind: 'no-reply', why: 'no valid reply in time' })
          break
        case 'discarded':
          notice(output)
          break
        case 'ready':
          becomeReady()
          break
        default:
          output satisfies never
      }
    }
    cancelTimer()
    const at = wakeAt(state)
    if (at !== 'never') cancelTimer = clock.after(at - clock.now(), () => feed({ kind: 'time' }))
  }

  function withdraw(): void {
    state = start(clock.now())
    end({ kind: 'withdrawn' })
    becomeReady()
  }

  function end(exchanged: Exchanged): void {
    if (finish === 'nobody') return
    const tell = finish
    finish = 'nobody'
    tell(exchanged)
  }

  function becomeReady(): void {
    ready = true
    const all = whenReady
    whenReady = []
    for (const run of all) run()
  }

  function open(): void {
    if (closed) return
    port.open((error) => {
      if (error === null) {
        retryMs = RECONNECT_MS.first
        if (down === 'down') notice({ kind: 'up' })
        down = 'up'
        return
      }
      goDown(error.message)
    })
  }

  function goDown(why: string): void {
    if (closed) return
    if (down !== 'down') notice({ kind: 'down', why })
    down = 'down'
    clock.after(retryMs, open)
    retryMs = Math.min(retryMs * 2, RECONNECT_MS.most)
  }

  port.on('data', (bytes: Buffer) => feed({ kind: 'bytes', bytes }))
  port.on('error', () => undefined) // each error also arrives at the call that met it
  port.on('close', () => {
    cancelTimer()
    end({ kind: 'no-reply', why: 'the port was lost' })
    state = start(clock.now())
    becomeReady()
    goDown('the port was lost')
  })
  open()

  return {
    async exchange(target, request, stillHolds) {
      if (!ready) await new Promise<void>((resolve) => whenReady.push(resolve))
      if (!port.isOpen) return { kind: 'unreachable', why: `${path} is not open` }
      ready = false
      return new Promise((resolve) => {
        finish = resolve
        mayStillSend = stillHolds
        feed({ kind: 'ask', asked: { address: target.address, request, replyTimeoutMs: target.replyTimeoutMs } })
      })
    },
    close: () =>
      new Promise((resolve) => {
        closed = true
        cancelTimer()
        if (port.isOpen) port.close(() => resolve())
        else resolve()
      }),
  }
}
