import { type Line, type SerialSettings, createSerialLine, createTcpLine, listen, serialWire, tcpWire, thisSystem } from '../bus/index.ts'
import { type LineAddress, toLineAddress } from '../modbus/index.ts'
import type { Clock, Random } from '../platform/index.ts'
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
    }
  | { readonly kind: 'nothing' }
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
  const heard = await listen(serialWire(settingsOf(path, first.baud, first.format), thisSystem), clock, LISTEN_MS)
  if (typeof heard !== 'number') return { kind: 'no-port', why: heard.why }
  if (heard > 0) return { kind: 'in-use', bytes: heard }

  let done = 0
  for (const { baud, format } of settings) {
    const wire = serialWire(settingsOf(path, baud, format), thisSystem)
    const line = createSerialLine({ baud, echo: 'unknown' }, wire, { clock, random, notice: () => undefined }, { tell: 'nobody' })
    const step = (unit: number, found: number): void => {
      done += 1
      progress({ done, of: settings.length * units.length, at: `${baud} ${format} unit ${unit}`, found })
    }
    const units_ = await ask(line, wanted, step)
    await line.close()
    if ('kind' in units_) return units_
    if (units_.length > 0) return { kind: 'found', serial: { baud, format }, units: units_ }
  }
  return { kind: 'nothing' }
}

/** Finds who answers behind a Modbus TCP interface. */
export async function probeTcp(wanted: TcpWanted, { clock, random, progress }: ProbePorts): Promise<Probed> {
  const { host, port, units } = wanted
  const wire = tcpWire({ host, port, tls: 'none' }, clock)
  const line = createTcpLine({ pipelined: 1 }, wire, { clock, random, notice: () => undefined }, { tell: 'nobody' })
  let done = 0
  const found = await ask(line, wanted, (unit, count) => {
    done += 1
    progress({ done, of: units.length, at: `unit ${unit}`, found: count })
  })
  await line.close()
  if ('kind' in found) return found
  return found.length === 0 ? { kind: 'nothing' } : { kind: 'found', serial: 'none', units: found }
}

type NoPort = { readonly kind: 'no-port'; readonly why: string }

async function ask(line: Line, wanted: Wanted, step: (unit: number, found: number) => void): Promise<Found[] | NoPort> {
  const probe: UnitProbe = { line, ...wanted }
  const found: Found[] = []
  for (const address of linesOf(wanted.units)) {
    const answered = await answers(probe, address)
    if (typeof answered !== 'boolean') return answered
    if (answered) found.push(await identify(probe, address))
    step(address, found.length)
  }
  return found
}
