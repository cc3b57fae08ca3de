import {
  type Line,
  type SerialSettings,
  createSerialLine,
  createTcpLine,
  listen,
  serialWire,
  soleEndpoint,
  tcpWire,
  thisSystem,
} from '../../../bus/index.ts'
import { type LineAddress, toLineAddress } from '../../../modbus/index.ts'
import type { Clock, Random } from '../../../platform/index.ts'
import { type AskingPorts, createAsking } from './asking.ts'
import { type Ear, type Stray, serialEar, tcpEar } from './overhear.ts'
import { type Found, type UnitProbe, answers, identify } from './units.ts'

/** The settings that lines in the field have, the likeliest first: 19200 8E1 is what a breaker leaves the factory with (V1.02, 2.5.1). */
export const bauds = [19200, 9600, 38400, 115200, 57600, 4800, 2400, 1200] as const
export const formats = ['8E1', '8N2', '8N1', '8O1'] as const
export type Format = (typeof formats)[number]

export type Wanted = {
  readonly units: readonly number[]
  readonly replyTimeoutMs: number
  readonly identifying: readonly number[]
}
export type SerialWanted = Wanted & { readonly path: string; readonly bauds: readonly number[]; readonly formats: readonly Format[] }
export type TcpWanted = Wanted & { readonly host: string; readonly port: number }

export type Progress = { readonly done: number; readonly of: number; readonly at: string; readonly found: number }
export type ProbePorts = { readonly clock: Clock; readonly random: Random; readonly progress: (progress: Progress) => void }

export type Probed =
  | {
      readonly kind: 'found'
      readonly serial: { readonly baud: number; readonly format: Format } | 'none'
      readonly units: readonly Found[]
      readonly strays: readonly Stray[]
    }
  /** `closes`: each question was lost with its connection. */
  | { readonly kind: 'nothing'; readonly strays: readonly Stray[]; readonly closes: boolean }
  /** Somebody talks on the line already: a second master would break both their talks. */
  | { readonly kind: 'in-use'; readonly bytes: number }
  | { readonly kind: 'no-port'; readonly why: string }

/** How long a line is listened to before the first question, milliseconds: a SCADA that polls once a second shows in it. */
const LISTEN_MS = 1200

const linesOf = (units: readonly number[]): LineAddress[] => units.map(toLineAddress).filter((unit) => unit !== undefined)

function settingsOf(path: string, baud: number, format: Format): SerialSettings {
  const parity = ({ E: 'even', O: 'odd', N: 'none' } as const)[format[1] as 'E' | 'O' | 'N']
  return { path, baud, parity, stopBits: format.endsWith('2') ? 2 : 1, direction: 'adapter' }
}

/** Finds the setting of a serial line and who is on it. Nothing is written: one register is read, then what identifies a unit. */
export async function probeSerial(wanted: SerialWanted, ports: ProbePorts): Promise<Probed> {
  const { path, units } = wanted
  const { clock, random, progress } = ports
  const settings = wanted.bauds.flatMap((baud) => wanted.formats.map((format) => ({ baud, format })))
  const first = settings[0] ?? { baud: 19200, format: '8E1' }
  const heard = await listen(serialWire(settingsOf(path, first.baud, first.format), thisSystem, soleEndpoint), clock, LISTEN_MS)
  if (typeof heard !== 'number') return { kind: 'no-port', why: heard.why }
  if (heard > 0) return { kind: 'in-use', bytes: heard }

  let done = 0
  const ear = serialEar()
  for (const { baud, format } of settings) {
    const wire = ear.on(serialWire(settingsOf(path, baud, format), thisSystem, soleEndpoint))
    const line = createSerialLine({ baud, echo: 'unknown' }, wire, { clock, random, notice: () => undefined }, { tell: 'nobody' })
    const step = (unit: number, found: number): void => {
      done += 1
      progress({ done, of: settings.length * units.length, at: `${baud} ${format} unit ${unit}`, found })
    }
    const asked = await ask(line, wanted, { clock, opens: ear.opens }, step)
    await line.close()
    if ('kind' in asked) return asked
    if (asked.units.length > 0) return { kind: 'found', serial: { baud, format }, units: asked.units, strays: straysOf(ear, asked.units) }
  }
  return { kind: 'nothing', strays: ear.strays(), closes: false }
}

/** Finds who answers behind a Modbus TCP interface. */
export async function probeTcp(wanted: TcpWanted, { clock, random, progress }: ProbePorts): Promise<Probed> {
  const { host, port, units } = wanted
  const ear = tcpEar()
  const wire = ear.on(tcpWire({ host, port, tls: 'none' }, { clock, claimEndpoint: soleEndpoint }))
  const line = createTcpLine({ pipelined: 1 }, wire, { clock, random, notice: () => undefined }, { tell: 'nobody' })
  let done = 0
  const asked = await ask(line, wanted, { clock, opens: ear.opens }, (unit, count) => {
    done += 1
    progress({ done, of: units.length, at: `unit ${unit}`, found: count })
  })
  await line.close()
  if ('kind' in asked) return asked
  const strays = straysOf(ear, asked.units)
  return asked.units.length === 0
    ? { kind: 'nothing', strays, closes: asked.closes }
    : { kind: 'found', serial: 'none', units: asked.units, strays }
}

/** What a unit that was found has said late besides is no news. */
const straysOf = (ear: Ear, units: readonly Found[]): readonly Stray[] =>
  ear.strays().filter((stray) => stray.kind !== 'late' || !units.some(({ address }) => address === stray.unit))

type NoPort = { readonly kind: 'no-port'; readonly why: string }
type Asked = { readonly units: readonly Found[]; readonly closes: boolean }

async function ask(
  line: Line,
  { units, replyTimeoutMs, identifying }: Wanted,
  ports: Omit<AskingPorts, 'replyTimeoutMs'>,
  step: (unit: number, found: number) => void,
): Promise<Asked | NoPort> {
  const probe: UnitProbe = { asking: createAsking(line, { ...ports, replyTimeoutMs }), identifying }
  const found: Found[] = []
  let closes = true
  for (const address of linesOf(units)) {
    const answered = await answers(probe, address)
    if (typeof answered !== 'string') {
      // It opens and opens, and takes no question: not the address is wrong.
      if (ports.opens() > 0 && closes && found.length === 0) break
      return answered
    }
    if (answered !== 'lost') closes = false
    if (answered === 'answers') found.push(await identify(probe, address))
    step(address, found.length)
  }
  return { units: found, closes }
}
