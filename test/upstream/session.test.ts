import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import t from 'tap'
import { type Request, encodeRequest } from '../../src/modbus/index.ts'
import { toConnectionId, toRole } from '../../src/policy/index.ts'
import { createAdmission } from '../../src/upstream/admission.ts'
import { BAD_REQUESTS, NOT_ASKED, FRAME_MS, MAX_UNREAD_BYTES, REFUSED } from '../../src/upstream/limits.ts'
import { type Answer, type IncomingRequest, startSession } from '../../src/upstream/session.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { commandOf } from '../support/requests.ts'
import { everywhere } from '../support/rights.ts'

const IDLE_MS = 600_000

type Serve = (asked: IncomingRequest) => Promise<Answer>
type Options = { readonly serve?: Serve; readonly inFlight?: number; readonly most?: number }

/** A session on a real TCP connection, with a clock that stands still until it is told to move. */
async function open(t: { teardown(run: () => void): void }, { serve, inFlight = 12, most = 1000 }: Options = {}) {
  const clock = virtualClock()
  const reports: { id: string; reason: string; firstBytes?: string }[] = []
  const asked: IncomingRequest[] = []
  const admission = createAdmission({ read: { inAll: most, own: 1, shared: most }, control: { inAll: 2, own: 1, shared: 1 } })
  const role = toRole('Operator') ?? 'NULL'
  let ended: () => void = () => undefined
  const over = new Promise<void>((resolve) => (ended = resolve))
  let inside: Socket | undefined
  const server = createServer({ noDelay: true }, (socket) => {
    inside = socket
    startSession(socket, {
      subject: { kind: 'client', name: 'x', role, source: 'here', levels: everywhere('control'), connection: toConnectionId(1) },
      listener: 'l',
      inFlight,
      idleMs: IDLE_MS,
      clock,
      report: (id, fields) => {
        const reason = 'reason' in fields ? String(fields.reason) : ''
        reports.push({ id, reason, ...('firstBytes' in fields ? { firstBytes: String(fields.firstBytes) } : {}) })
      },
      admission,
      operates: true,
      serve: (one) => {
        asked.push(one)
        return serve === undefined ? Promise.resolve({ pdu: replyTo(one.request) }) : serve(one)
      },
      ended,
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true })
  await once(client, 'connect')
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  const received: Buffer[] = []
  client.on('data', (chunk: Buffer) => received.push(chunk))
  const bytes = (): string => Buffer.concat(received).toString('hex')
  /** Resolves when `holds` does, looked at whenever something came or the loop turned. */
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve))
  }
  return { clock, reports, asked, client, over, bytes, until, admission, inside: () => inside }
}
const replyTo = (request: Request): Uint8Array => {
  const quantity = 'quantity' in request ? request.quantity : 0
  return Uint8Array.from([3, 2 * quantity, ...new Uint8Array(2 * quantity)])
}
const frame = (transaction: number, pdu: string): Buffer => {
  const header = Buffer.alloc(7)
  header.writeUInt16BE(transaction, 0)
  header.writeUInt16BE(1 + pdu.length / 2, 4)
  header.writeUInt8(1, 6)
  return Buffer.concat([header, Buffer.from(pdu, 'hex')])
}
const read = (transaction: number): Buffer => frame(transaction, '0300000001')
const answered = (hex: string): string[] => [...hex.matchAll(/(....)000000050103020000/g)].map(([, id = '']) => id)

t.test('requests are answered however they are cut and merged', async (t) => {
  const three = Buffer.concat([read(1), read(2), read(3)])
  for (let cut = 1; cut < three.length; cut += 1) {
    const { client, bytes, until } = await open(t)
    client.write(three.subarray(0, cut))
    await new Promise((resolve) => setImmediate(resolve))
    client.write(three.subarray(cut))
    await until(() => bytes().length === 3 * 22)
    if (answered(bytes()).join() !== '0001,0002,0003') t.fail(`cut at ${cut}: ${bytes()}`)
    client.destroy()
  }
})

t.test('answers go out as they come; two requests with one transaction id are answered in their order', async (t) => {
  const open1 = new Map<number, () => void>()
  let n = 0
  const { client, bytes, until, asked } = await open(t, {
    serve: ({ request }) => new Promise((resolve) => open1.set(n++, () => resolve({ pdu: replyTo(request) }))),
  })
  client.write(Buffer.concat([read(1), read(2), read(2), frame(2, '0300000000'), read(3)]))
  await until(() => asked.length === 4)
  open1.get(3)?.()
  await until(() => bytes().length === 22)
  t.equal(bytes().slice(0, 4), '0003', 'the last one is answered first')
  open1.get(2)?.()
  open1.get(0)?.()
  await until(() => bytes().length === 44)
  t.equal(bytes().slice(22, 26), '0001', 'the second with id 2 waits for the first')
  open1.get(1)?.()
  await until(() => bytes().length === 4 * 22 + 18)
  t.equal(
    bytes().slice(44),
    '00020000000501030200' + '00' + '00020000000501030200' + '00' + '000200000003' + '018303',
    'and the bad one for both',
  )
})

t.test('no more than its limit is worked on; the rest stays in the socket', async (t) => {
  for (const inFlight of [1, 12, 16]) {
    const free: (() => void)[] = []
    const { client, asked, until, bytes } = await open(t, {
      inFlight,
      serve: ({ request }) => new Promise((resolve) => free.push(() => resolve({ pdu: replyTo(request) }))),
    })
    client.write(Buffer.concat(Array.from({ length: 40 }, (_, i) => read(i + 1))))
    await until(() => asked.length === inFlight)
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
    t.equal(asked.length, inFlight, `${inFlight} in flight`)
    let done = 0
    while (done < 40) {
      await until(() => free.length > done)
      free[done]?.()
      done += 1
    }
    await until(() => bytes().length === 40 * 22)
    t.equal(asked.length, 40)
  }
})

t.test('over the limit of all connections a request is answered 06 and nobody is asked', async (t) => {
  const { client, asked, bytes, until, admission } = await open(t, { most: 2, serve: () => new Promise(() => undefined) })
  client.write(Buffer.concat([read(1), read(2), read(3)]))
  await until(() => bytes().length === 18)
  t.equal(bytes(), '000300000003' + '018306')
  t.equal(asked.length, 2)
  t.equal(admission.inside(), 2)
})

t.test('a frame that drips is ended at its time limit, counted from its first byte [CR 7.1]', async (t) => {
  const { client, clock, reports, over, until, inside } = await open(t)
  const bytes = read(1)
  for (let i = 0; i < 4; i++) {
    client.write(bytes.subarray(i, i + 1))
    await until(() => (inside()?.bytesRead ?? 0) > i)
    clock.advance(FRAME_MS / 4 - 1)
    t.equal(inside()?.destroyed, false)
  }
  clock.advance(4)
  await over
  t.match(reports, [{ id: 'connection-closed', reason: 'a frame took too long' }])
})

t.test('a connection that asks nothing is ended at the idle limit; whole frames renew it', async (t) => {
  const { client, clock, reports, over, until, bytes } = await open(t)
  clock.advance(IDLE_MS - 1)
  client.write(read(1))
  await until(() => bytes().length === 22)
  clock.advance(IDLE_MS - 1)
  t.equal(reports.length, 0)
  clock.advance(1)
  await over
  t.match(reports, [{ reason: 'no request for too long' }])
})

t.test('a client that sends and never reads stops itself: what waits for it stays bounded [CR 7.1]', async (t) => {
  const { client, asked, inside } = await open(t, { serve: ({ request }) => Promise.resolve({ pdu: replyTo(request) }) })
  client.pause()
  const burst = Buffer.concat(Array.from({ length: 200 }, (_, i) => frame(i, '030000007d')))
  let sent = 0
  let most = 0
  let stalled = 0
  // Sends until nothing has moved for a while: the kernel's buffers of both sides are full, and the session takes nothing on.
  for (let before = -1; stalled < 400;) {
    if (client.writableLength < 1_000_000) {
      client.write(burst)
      sent += 200
    }
    await new Promise((resolve) => setImmediate(resolve))
    most = Math.max(most, inside()?.writableLength ?? 0)
    stalled = asked.length === before ? stalled + 1 : 0
    before = asked.length
  }
  t.ok(sent > asked.length, `${sent} sent, ${asked.length} taken on`)
  t.ok(most < MAX_UNREAD_BYTES + 13 * 260, `${most} bytes waited for the client at most`)
  const held = asked.length
  for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve))
  t.equal(asked.length, held, 'not one more is taken on')
})

t.test('a connection that sends only bad requests gets its exceptions at a bounded rate', async (t) => {
  const { client, bytes, until, clock, asked } = await open(t)
  const count = BAD_REQUESTS.atOnce + 30
  client.write(Buffer.concat(Array.from({ length: count }, (_, i) => frame(i + 1, '0300000000'))))
  await until(() => bytes().length === BAD_REQUESTS.atOnce * 18)
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  t.equal(bytes().length, BAD_REQUESTS.atOnce * 18, 'so many at once')
  let seconds = 0
  while (bytes().length < count * 18) {
    clock.advance(100)
    seconds += 0.1
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
  }
  t.ok(seconds >= 30 / BAD_REQUESTS.perSecond - 0.1, `the rest took ${seconds.toFixed(1)} s`)
  t.equal(asked.length, 0)
})

for (const way of ['serve', 'admission'] as const)
  t.test(
    `a client that repeats what gets no place is answered at a bounded rate, and so takes no processor from control (${way})`,
    async (t) => {
      const settings =
        way === 'serve' ? { serve: () => Promise.resolve({ pdu: Uint8Array.of(0x83, 0x0b), notAsked: true as const }) } : { most: 0 }
      const { client, bytes, until, clock } = await open(t, settings)
      const count = NOT_ASKED.atOnce + 100
      client.write(Buffer.concat(Array.from({ length: count }, (_, i) => read(i + 1))))
      await until(() => bytes().length === NOT_ASKED.atOnce * 18)
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
      t.equal(bytes().length, NOT_ASKED.atOnce * 18, 'so many at once')
      let ms = 0
      while (bytes().length < count * 18) {
        clock.advance(10)
        ms += 10
        for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
      }
      t.ok(ms >= 100_000 / NOT_ASKED.perSecond - 20, `the rest took ${ms} ms`)
    },
  )

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}
const denial = { pdu: Uint8Array.of(0x83, 0x01), refused: true as const }
/** Refuses all but one. */
const refuses: Serve = ({ transaction, request }) => Promise.resolve(transaction === 0x7777 ? { pdu: replyTo(request) } : denial)

t.test('a client that repeats a refused operation is answered at a bounded rate', async (t) => {
  const { client, bytes, until, clock, asked } = await open(t, { serve: refuses })
  const count = REFUSED.atOnce + 100
  client.write(Buffer.concat(Array.from({ length: count }, (_, i) => read(i + 1))))
  await until(() => bytes().length === REFUSED.atOnce * 18)
  await turns()
  t.equal(bytes().length, REFUSED.atOnce * 18, 'so many at once')
  t.ok(asked.length <= REFUSED.atOnce + 2 * 12, 'and no more is decided than waits for its answer')
  let ms = 0
  while (bytes().length < count * 18) {
    clock.advance(10)
    ms += 10
    await turns()
  }
  t.ok(ms >= 100_000 / REFUSED.perSecond - 20, `the rest took ${ms} ms`)
})

t.test('an operation right behind refusals of its own connection does not wait for their time', async (t) => {
  const { client, bytes, until, clock } = await open(t, { serve: refuses })
  client.write(Buffer.concat(Array.from({ length: REFUSED.atOnce + 11 }, (_, i) => read(i + 1))))
  await until(() => bytes().length === REFUSED.atOnce * 18)
  client.write(read(0x7777))
  await until(() => answered(bytes()).length === 1)
  t.equal(bytes().length, REFUSED.atOnce * 18 + 22, 'the clock stood still: the refusals still wait')
  clock.advance(1000)
  await until(() => bytes().length === (REFUSED.atOnce + 11) * 18 + 22)
})

t.test('a client that tries a locked breaker each second, sixteen at a time, never waits for an answer', async (t) => {
  const { client, bytes, until, clock } = await open(t, { serve: refuses, inFlight: 16 })
  for (let second = 1; second <= 30; second++) {
    client.write(Buffer.concat(Array.from({ length: 16 }, (_, i) => read(second * 16 + i))))
    await until(() => bytes().length === second * 16 * 18)
    clock.advance(1000)
  }
  t.equal(bytes().length, 30 * 16 * 18)
})

t.test('a framing error ends the connection with one event, after what was whole before it', async (t) => {
  const { client, reports, over, asked } = await open(t)
  client.write(Buffer.concat([read(1), Buffer.from('00020001000601030000000100030000', 'hex')]))
  await over
  t.equal(asked.length, 1)
  t.match(reports, [{ id: 'frame-malformed', reason: 'protocol id 1 is not 0' }, { id: 'connection-closed' }])
})

t.test('what is recorded of a malformed command ends before its password [S-14]', async (t) => {
  const { client, reports, over } = await open(t)
  const command = encodeRequest(commandOf(904, 10, 4353, 1))
  const secret = Buffer.from('ZqXw').toString('hex')
  t.ok(Buffer.from(command).toString('hex').includes(secret))
  client.write(frame(1, Buffer.from(command.subarray(0, -1)).toString('hex')))
  // A length field that is too short: the next header begins within the values of the command.
  const short = frame(2, Buffer.from(command).toString('hex'))
  short.writeUInt16BE(7, 4)
  client.write(short)
  await over
  const recorded = reports.filter(({ id }) => id === 'frame-malformed')
  t.match(recorded, [{ firstBytes: '101f3f001428' }, {}, { reason: /protocol id/ }])
  t.notMatch(JSON.stringify(recorded), new RegExp(secret.slice(0, 4)))
})

t.test('what was answered before a stream broke still reaches its client', async (t) => {
  const { client, bytes, over } = await open(t)
  const malformed = '00010000000601032edf0000'
  const broken = '0002000100060103'
  client.write(Buffer.from(malformed + broken, 'hex'))
  await over
  if (!client.destroyed) await once(client, 'close')
  t.equal(bytes(), '000100000003018303')
})

t.test('a client that closes its sending side behind its requests still gets their answers, then the end', async (t) => {
  const free: (() => void)[] = []
  const { client, asked, bytes, until, over, reports } = await open(t, {
    inFlight: 2,
    serve: ({ request }) => new Promise((resolve) => free.push(() => resolve({ pdu: replyTo(request) }))),
  })
  const ended = once(client, 'end')
  client.end(Buffer.concat([read(1), read(2), read(3)]))
  await until(() => free.length === 2)
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  t.equal(asked[0]?.stillConnected(), true, 'it may still wait: what it asked is not withdrawn')
  free[0]?.()
  await until(() => free.length === 3)
  free[1]?.()
  free[2]?.()
  await ended
  await over
  t.same(answered(bytes()), ['0001', '0002', '0003'])
  t.match(reports, [{ id: 'connection-closed', reason: /^the client closed its sending side with \d requests open; they were finished$/ }])
})

t.test('a client that closes its sending side with nothing open has left; one that resets is gone at once', async (t) => {
  const left = await open(t)
  left.client.write(read(1))
  await left.until(() => left.bytes().length === 22)
  left.client.end()
  await left.over
  t.match(left.reports, [{ id: 'connection-closed', reason: 'the client left' }])

  const gone = await open(t, { serve: () => new Promise(() => undefined) })
  gone.client.write(read(1))
  await gone.until(() => gone.asked.length === 1)
  gone.client.resetAndDestroy()
  await gone.over
  t.equal(gone.asked[0]?.stillConnected(), false)
})

t.test('a client that closes its sending side and never reads does not stay for ever [CR 7.1]', async (t) => {
  const { client, clock, over, until, asked, reports } = await open(t, { serve: () => new Promise(() => undefined) })
  client.end(read(1))
  await until(() => asked.length === 1)
  clock.advance(IDLE_MS)
  await over
  t.match(reports, [{ id: 'connection-closed', reason: 'no request for too long' }])
})

t.test('bytes without a Modbus TCP header are named: at once where they cannot be framed, else at the time limit of a frame', async (t) => {
  const table: readonly (readonly [hex: string, reason: RegExp])[] = [
    ['0300000002', /^not a whole frame within 5 s; looks like a PDU without MBAP header$/],
    ['010300000002', /^not a whole frame within 5 s; looks like a unit id and a PDU without MBAP header$/],
    ['01030000000ac5cd', /^not a whole frame within 5 s; looks like Modbus RTU/],
    ['01030000000ac5cd01030000000ac5cd', /^function code 205 is a reply's; looks like Modbus RTU/],
    [Buffer.from(':010300000002FA\r\n').toString('hex'), /; looks like Modbus ASCII/],
    ['16030100c8010000c40303', /; looks like a TLS handshake/],
  ]
  for (const [hex, reason] of table) {
    const { client, clock, over, until, inside, reports } = await open(t)
    client.write(Buffer.from(hex, 'hex'))
    await until(() => (inside()?.bytesRead ?? 0) === hex.length / 2)
    clock.advance(FRAME_MS)
    await over
    t.match(reports, [{ id: 'frame-malformed', reason }, { id: 'connection-closed' }], hex)
  }
})
