import { EventEmitter } from 'node:events'
import t from 'tap'
import { type SerialSettings, type WireEvents, createEndpoints, soleEndpoint } from '../../src/bus/index.ts'
import type { ClaimEndpoint } from '../../src/bus/endpoints.ts'
import { type Port, serialWire } from '../../src/bus/port-serial.ts'

const settings = (direction: SerialSettings['direction']): SerialSettings => ({
  path: '/dev/ttyS9',
  baud: 19200,
  parity: 'even',
  stopBits: 1,
  direction,
})

/** A port that writes down what is done to it, in order. `refuses` are the calls that its driver does not know. */
type Recorded = { readonly refuses?: readonly string[]; readonly openError?: string; readonly claim?: ClaimEndpoint }
function recorded(direction: SerialSettings['direction'], { refuses = [], openError = '', claim = soleEndpoint }: Recorded = {}) {
  const devices = { named: 'serial device 188:0', opened: 'serial device 188:0' }
  const done: string[] = []
  const told: string[] = []
  const port = Object.assign(new EventEmitter(), {
    isOpen: false,
    port: { fd: 7 },
    open(this: { isOpen: boolean }, end: (error: Error | null) => void) {
      done.push('open')
      this.isOpen = !refuses.includes('open')
      end(this.isOpen ? null : new Error('Error Operation not permitted Cannot open /dev/ttyS9'))
    },
    set({ rts }: { rts: boolean }, end?: (error: Error | null) => void) {
      done.push(`rts ${rts ? 'on' : 'off'}`)
      end?.(refuses.includes('rts') ? new Error('ENOTTY') : null)
    },
    write: (bytes: Buffer) => void done.push(`write ${bytes.toString('hex')}`),
    drain(end: () => void) {
      done.push('drained')
      end()
    },
    close(this: { isOpen: boolean; emit(name: string): void }, end?: () => void) {
      this.isOpen = false
      this.emit('close')
      end?.()
    },
  })
  const events: WireEvents = {
    opened: () => void told.push('opened'),
    failed: (why) => void told.push(`failed ${why}`),
    bytes: () => undefined,
    ended: () => void told.push('ended'),
    lost: (why) => void told.push(`lost ${why}`),
    warning: (why) => void told.push(`warning ${why}`),
  }
  const system = {
    sysfs: '/nonexistent',
    write: () => undefined,
    letKernelDrive: (fd: number) => fd === 7 && !refuses.includes('kernel'),
    openError: () => openError,
    deviceOf: (port: string | number) => (typeof port === 'number' ? devices.opened : devices.named),
  }
  const wire = serialWire(settings(direction), system, claim, () => port as unknown as Port)(events)
  return { wire, done, told, devices, port }
}

t.test('with RTS the driver is on before the first byte and off after the last has left the port', (t) => {
  const { wire, done, told } = recorded('rts')
  wire.open()
  wire.write(Uint8Array.of(1, 3))
  t.same(told, ['opened'])
  t.same(done, ['open', 'rts off', 'rts on', 'write 0103', 'drained', 'rts off'])
  t.end()
})

t.test('a driver that turns the direction in the kernel is left to it; an adapter that does it itself too', (t) => {
  for (const direction of ['kernel', 'adapter'] as const) {
    const { wire, done, told } = recorded(direction)
    wire.open()
    wire.write(Uint8Array.of(1, 3))
    t.same(told, ['opened'])
    t.same(done, ['open', 'write 0103'])
  }
  t.end()
})

t.test('a direction that the port cannot turn keeps it closed, and says which setting would do', (t) => {
  const kernel = recorded('kernel', { refuses: ['kernel'] })
  kernel.wire.open()
  t.match(kernel.told, [/^failed .*TIOCSRS485.*direction = "adapter" or "rts"/])
  const rts = recorded('rts', { refuses: ['rts'] })
  rts.wire.open()
  t.match(rts.told, [/^failed .*no RTS line.*direction = "adapter"/])
  t.equal(rts.told.length, 1, 'closing it is no loss')
  t.end()
})

t.test('a port that the unit keeps from the service says which line of the unit is missing', (t) => {
  for (const [code, hint] of [
    ['EPERM', /^failed .*Cannot open \/dev\/ttyS9; .*DeviceAllow=char-ttyS rw/],
    ['EACCES', /^failed .*Cannot open \/dev\/ttyS9; .*SupplementaryGroups=.*dialout/],
    ['ENOENT', /^failed .*Cannot open \/dev\/ttyS9$/],
  ] as const) {
    const { wire, told } = recorded('adapter', { refuses: ['open'], openError: code })
    wire.open()
    t.match(told, [hint])
  }
  t.end()
})

t.test("a port that has become another bus's, by its link, is not opened; it is used once it is its own", (t) => {
  const conflicts: unknown[] = []
  const endpoints = createEndpoints()
  endpoints
    .ofBus('a', () => undefined)()
    .hold('serial device 188:0')
  const { wire, done, told, devices, port } = recorded('adapter', {
    claim: endpoints.ofBus('b', (conflict) => void conflicts.push(conflict)),
  })
  wire.open()
  wire.open()
  t.same(done, [], 'opening it would set its baud rate')
  t.match(told, [/^failed .*serial device 188:0, which belongs to bus a/, /^failed/])
  devices.named = 'serial device 188:1'
  wire.open()
  t.notOk(port.isOpen, 'the link was changed between the look and the opening')
  t.match(told[2], /^failed .*188:0/)
  devices.opened = 'serial device 188:1'
  wire.open()
  t.equal(told[3], 'opened')
  t.same(conflicts.length, 2, 'once for each conflict that has ended')
  t.end()
})
