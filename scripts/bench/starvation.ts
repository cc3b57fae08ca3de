import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { join } from 'node:path'
import { startTrueLine } from '../../hil/rig/true-line.ts'
import { started } from './child.ts'
import { BAUD, CONTROL_MS, DELAY_MS, command } from './contention.ts'
import { type Ask, type LoadClient, percentile, read } from './load.ts'
import type { Result } from './result.ts'
import { type BenchGateway, type BenchSite, createBenchSite } from './site.ts'

/**
 * Whether an operator's command is on the line within (the transaction in flight + 10 ms), whatever other clients, devices and the machine
 * do. Each scene counts the tries that keep to it; the limit is all of them. What a command takes when nobody else does anything (its record
 * is on the disk before it is sent) is measured first, in the same run, and comes on top: that belongs to the disk, not to the others.
 */
const GRACE_MS = 10
const REPLY_TIMEOUT_MS = 600
const IGNORED = 9999
/** The first seconds of a process are its compiler's. */
const WARM_UP_SECONDS = 4
/** A time-out on the line at 19200 baud: request, waiting, and draining for the longest reply to a read of ten registers. */
const SILENT_READ_MS = REPLY_TIMEOUT_MS + (8 + 2 * 25) * (11_000 / BAUD)

const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms))

type Device = { readonly port: number; readonly commandsAt: number[]; close(): void }

/** An interface that answers at once: reads with zeros, writes with their echo, the ignored register and, if `mute`, nothing at all. */
export async function startDevice(mute = false): Promise<Device> {
  const sockets = new Set<Socket>()
  const commandsAt: number[] = []
  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    let pending: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk])
      while (pending.length >= 8 && pending.length >= 6 + pending.readUInt16BE(4)) {
        const adu = pending.subarray(0, 6 + pending.readUInt16BE(4))
        pending = pending.subarray(adu.length)
        if (adu[7] === 16) commandsAt.push(performance.now())
        if (!mute && !(adu[7] === 3 && adu.readUInt16BE(8) + 1 === IGNORED)) socket.write(replyTo(adu))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): void => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { port: (server.address() as AddressInfo).port, commandsAt, close }
}

function replyTo(adu: Buffer): Buffer {
  const functionCode = adu[7] ?? 0
  if (functionCode === 16) return Buffer.concat([adu.subarray(0, 4), Buffer.from([0, 6]), adu.subarray(6, 12)])
  if (functionCode !== 3)
    return Buffer.concat([adu.subarray(0, 4), Buffer.from([0, 3]), adu.subarray(6, 7), Buffer.from([functionCode | 0x80, 1])])
  const quantity = adu.readUInt16BE(10)
  const reply = Buffer.alloc(9 + 2 * quantity)
  adu.copy(reply, 0, 0, 8)
  reply.writeUInt16BE(3 + 2 * quantity, 4)
  reply[8] = 2 * quantity
  return reply
}

type Tries = { readonly all: number; readonly inTime: number; readonly ms: readonly number[]; readonly exceptions: readonly number[] }

/** Opens and closes until the time is over, at every phase of what others do; `onTheLine` gives how long each took to get there. */
async function operate(
  operator: LoadClient,
  unit: number,
  seconds: number,
  limitMs: number,
  onTheLine: (askedAt: number, ms: number) => number,
): Promise<Tries> {
  const ms: number[] = []
  const exceptions: number[] = []
  const until = performance.now() + seconds * 1000
  for (let close = true; performance.now() < until; close = !close) {
    const askedAt = performance.now()
    const answered = await operator.ask(command(close ? 905 : 904, unit))
    if (answered.pdu[0] === 16) ms.push(onTheLine(askedAt, answered.ms))
    else exceptions.push(answered.pdu[1] ?? 0)
    await pause(150 + 37 * (ms.length % 9))
  }
  return { all: ms.length + exceptions.length, inTime: ms.filter((one) => one <= limitMs).length, ms, exceptions }
}

const result = (what: string, limitMs: number, { all, inTime, ms, exceptions }: Tries): Result => ({
  what: `control ${what}: on the line within ${limitMs.toFixed(0)} ms`,
  value: (100 * inTime) / Math.max(1, all),
  unit: '% of tries',
  must: { atLeast: 100 },
  figures: { tries: all, p50Ms: percentile(ms, 50), worstMs: Math.max(0, ...ms), limitMs, exceptions: exceptions.join(' ') },
})

const saturate = (client: LoadClient, depth: number, seconds: number, next: () => Ask): Promise<unknown> =>
  client.saturate(depth, next, performance.now(), performance.now() + seconds * 1000)

/** A register that the breaker never answers, read by others as fast as they can, on a serial line. */
async function serialIgnored(seconds: number, aloneMs: number): Promise<Result> {
  const rig = await startTrueLine({ baud: BAUD, deviceDelayMs: DELAY_MS, addresses: [1] })
  rig.ignore(IGNORED)
  const site = createBenchSite()
  const gateway = await site.start([{ name: 'line', toml: `port = "${rig.path}"\nbaud = ${BAUD}\necho = "no"`, breakers: [1] }])
  try {
    await gateway.run('unlock', 'B1', '--for', '1h', '--reason', 'bench')
    const [operator, viewer] = [await site.client(gateway.port, 'operator'), await site.client(gateway.port, 'viewer')]
    await operator.ask(read(1, 12_000, 10))
    const load = saturate(viewer, 4, seconds + 1, () => read(1, IGNORED, 10))
    const limitMs = SILENT_READ_MS + GRACE_MS + aloneMs
    const tries = await operate(operator, 1, seconds, limitMs, (_, ms) => ms - CONTROL_MS)
    await load
    for (const client of [operator, viewer]) client.close()
    return result('beside reads of a register that is never answered, serial', limitMs, tries)
  } finally {
    await gateway.stop()
    await rig.close()
    site.close()
  }
}

type EthernetScene = { readonly what: string; disturb(gateway: BenchGateway, site: BenchSite, seconds: number): Promise<unknown> }

const OTHERS = Array.from({ length: 8 }, (_, i) => `other-${i}`)

/** Clients in a process of their own with the least share of this machine, since they stand for others. */
function readers(
  gateway: BenchGateway,
  site: BenchSite,
  seconds: number,
  asks: { readonly depth: number; readonly unit: number; readonly first: number; readonly different: number },
): Promise<unknown> {
  const { depth, unit, first, different } = asks
  const files = OTHERS.flatMap((name) => Object.values(site.files(name)))
  const numbers = [gateway.port, seconds, depth, unit, first, different].map(String)
  const child = spawn('nice', ['-n', '19', process.execPath, join(import.meta.dirname, 'readers.ts'), ...numbers, ...files], {
    stdio: 'inherit',
  })
  return once(child, 'exit')
}

const scenes: readonly EthernetScene[] = [
  {
    what: 'beside reads of registers that are never answered, Ethernet',
    disturb: (gateway, site, seconds) => readers(gateway, site, seconds, { depth: 8, unit: 1, first: IGNORED, different: 100 }),
  },
  {
    what: 'beside readers that fill what they may on a dead bus',
    disturb: (gateway, site, seconds) => readers(gateway, site, seconds, { depth: 16, unit: 2, first: 12_000, different: 100 }),
  },
  {
    what: 'beside a bus whose interface floods',
    disturb: (gateway, site, seconds) => readers(gateway, site, seconds, { depth: 1, unit: 3, first: 12_000, different: 1 }),
  },
  { what: 'beside clients that repeat a "get" command', disturb: repeatGets },
]

async function repeatGets(gateway: BenchGateway, site: BenchSite, seconds: number): Promise<void> {
  const until = performance.now() + seconds * 1000
  const get = command(904)
  get.pdu.writeUInt16BE(768, 6)
  get.pdu.writeUInt16BE(768, 10)
  get.pdu.writeUInt16BE(0, 12)
  await Promise.all(
    OTHERS.map(async (name) => {
      const client = await site.client(gateway.port, name)
      while (performance.now() < until) {
        await client.ask(get)
        await pause(500)
      }
      client.close()
    }),
  )
}

async function onEthernet(seconds: number): Promise<{ readonly aloneMs: number; readonly results: Result[] }> {
  const [device, dead, flood] = [await startDevice(), await startDevice(true), await started('flooding-device.ts')]
  const site = createBenchSite()
  const bus = (name: string, port: number, unit: number) => ({ name, toml: `address = "127.0.0.1:${port}"`, breakers: [unit] })
  const gateway = await site.start([bus('eth', device.port, 1), bus('dead', dead.port, 2), bus('flood', flood.port, 3)])
  try {
    await gateway.run('unlock', 'B1', '--for', '1h', '--reason', 'bench')
    const results: Result[] = []
    const alone = await operatedAlone(gateway, site, device, seconds)
    const aloneMs = percentile(alone.ms, 99)
    const limitMs = GRACE_MS + aloneMs
    results.push({ ...result('alone', limitMs, alone), must: {} })
    for (const scene of scenes) {
      const { what } = scene
      const operator = await site.client(gateway.port, 'operator')
      await operator.ask(read(1, 12_000, 10))
      const load = scene.disturb(gateway, site, seconds + 2)
      await pause(1500) // they connect
      results.push(result(what, limitMs, await operate(operator, 1, seconds, limitMs, arrivalAt(device))))
      await load
      operator.close()
    }
    results.push(await stopped(gateway, await site.client(gateway.port, 'operator'), device, limitMs))
    return { aloneMs, results }
  } finally {
    await gateway.stop()
    for (const one of [device, dead]) one.close()
    flood.process.kill()
    site.close()
  }
}

/** The process is stopped for a while with commands on their way: each is on the line as soon as it goes on. */
async function stopped(gateway: BenchGateway, operator: LoadClient, device: Device, limitMs: number): Promise<Result> {
  const ms: number[] = []
  const exceptions: number[] = []
  for (const stopMs of [300, 800, 1200, 2500]) {
    gateway.process.kill('SIGSTOP')
    const asked = operator.ask(command(904))
    await pause(stopMs)
    const goesOn = performance.now()
    gateway.process.kill('SIGCONT')
    const { pdu } = await asked
    if (pdu[0] === 16) ms.push(Math.min(...device.commandsAt.filter((one) => one >= goesOn)) - goesOn)
    else exceptions.push(pdu[1] ?? 0)
    await pause(200)
  }
  operator.close()
  const inTime = ms.filter((one) => one <= limitMs).length
  return result('after a stop of 0.3 to 2.5 s, once the process goes on', limitMs, {
    all: ms.length + exceptions.length,
    inTime,
    ms,
    exceptions,
  })
}

/** When a command arrived at the device, counted from when it was asked for, milliseconds. */
const arrivalAt =
  ({ commandsAt }: Device) =>
  (askedAt: number): number =>
    Math.min(...commandsAt.filter((one) => one >= askedAt)) - askedAt

async function operatedAlone(gateway: BenchGateway, site: BenchSite, device: Device, seconds: number): Promise<Tries> {
  const operator = await site.client(gateway.port, 'operator')
  await operate(operator, 1, WARM_UP_SECONDS, Infinity, arrivalAt(device))
  const tries = await operate(operator, 1, 2 * seconds, Infinity, arrivalAt(device))
  operator.close()
  return tries
}

export async function starvation(seconds: number): Promise<Result[]> {
  const { aloneMs, results } = await onEthernet(seconds)
  return [...results, await serialIgnored(seconds, aloneMs)]
}
