import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { ProbeAsked } from '../../contract/index.ts'
import { loadProfile, profileFolder, profileNames } from '../../../config/index.ts'
import { realClock, realRandom } from '../../../platform/index.ts'
import { configuration, describeStray, hintOfSilence, hintOfStray } from './report.ts'
import { type Format, type Probed, type Progress, bauds, formats, probeSerial, probeTcp } from './search.ts'

type Terminal = {
  readonly out: (text: string) => void
  readonly error: (text: string) => void
  readonly failed: (why: string, hint: string) => number
}

/** Numbers out of "1-10,20", or undefined. */
function numbers(text: string, most: number): number[] | undefined {
  const all = text.split(',').flatMap((part) => {
    const found = /^(\d+)(?:-(\d+))?$/.exec(part.trim())
    const first = Number(found?.[1])
    const last = Number(found?.[2] ?? found?.[1])
    return found === null || first < 1 || last > most || first > last
      ? [NaN]
      : Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
  return all.some(Number.isNaN) ? undefined : all
}

function timeoutOf(text: string): number | undefined {
  const found = /^(\d{1,5})(ms|s)$/.exec(text)
  const ms = Number(found?.[1]) * (found?.[2] === 's' ? 1000 : 1)
  return ms >= 20 && ms <= 5000 ? ms : undefined
}

/** `breakwall probe`: a wrong word is said with an example, progress goes to the terminal, the block to standard output. */
export async function probe(asked: ProbeAsked, terminal: Terminal): Promise<number> {
  const { place } = asked
  const units = asked.units === 'usual' ? numbers(isPort(place) ? '1-32' : '1-32,255', 255) : numbers(asked.units, 255)
  const replyTimeoutMs = timeoutOf(asked.timeout)
  const chosenBauds = asked.baud === 'all' ? [...bauds] : asked.baud.split(',').map(Number)
  const chosenFormats = asked.format === 'all' ? [...formats] : asked.format.split(',')
  if (units === undefined)
    return wrong(terminal, `"${asked.units}" is not a list of unit ids`, 'write it as 1-10,20; 255 is an Ethernet interface itself')
  if (replyTimeoutMs === undefined) return wrong(terminal, `"${asked.timeout}" is not a time from 20ms to 5s`, 'write it as 500ms or 2s')
  if (!chosenBauds.every((baud) => (bauds as readonly number[]).includes(baud)))
    return wrong(terminal, `"${asked.baud}" is not a list of baud rates`, `the rates are ${bauds.toSorted((a, b) => a - b).join(', ')}`)
  if (!chosenFormats.every((format) => (formats as readonly string[]).includes(format)))
    return wrong(terminal, `"${asked.format}" is not a list of formats`, `the formats are ${formats.join(', ')}`)

  const profiles = profileNames([profileFolder])
    .map((name) => loadProfile([profileFolder], name))
    .filter((profile) => 'name' in profile)
  const identifying = [...new Set(profiles.flatMap((profile) => profile.identify))].sort((a, b) => a - b)
  const wanted = { units, replyTimeoutMs, identifying }
  const bar = progressBar()
  const ports = { clock: realClock, random: realRandom, progress: bar.show }
  const host = /^\[?([^/\]]+)\]?:(\d{1,5})$/.exec(place)
  const probed =
    host !== null
      ? await probeTcp({ ...wanted, host: host[1] ?? '', port: Number(host[2]) }, ports)
      : isPort(place)
        ? await probeSerial({ ...wanted, path: place, bauds: chosenBauds, formats: chosenFormats as Format[] }, ports)
        : await probeTcp({ ...wanted, host: place, port: 502 }, ports)
  bar.end()
  if (asked.json) {
    terminal.out(JSON.stringify(probed))
    return probed.kind === 'found' ? 0 : 1
  }
  return tell(probed, place, host, profiles, terminal)
}

function wrong(terminal: Terminal, why: string, hint: string): number {
  terminal.failed(why, hint)
  return 2
}

type Profiles = Parameters<typeof configuration>[2]

function tell(probed: Probed, place: string, host: RegExpExecArray | null, profiles: Profiles, { out, error, failed }: Terminal): number {
  switch (probed.kind) {
    case 'found': {
      const where = isPort(place) ? { port: stableName(place) } : { host: host?.[1] ?? place, tcpPort: Number(host?.[2] ?? 502) }
      for (const stray of probed.strays) error(`${describeStray(stray)}: ${hintOfStray(stray)}`)
      error(`${probed.units.length} found; check the names and profiles, then: breakwall check FILE`)
      out(configuration(probed, where, profiles))
      return 0
    }
    case 'nothing': {
      const [stray, ...others] = probed.strays
      if (stray !== undefined) {
        for (const other of others) error(describeStray(other))
        return failed(`no unit that was asked answers on ${place}, but ${describeStray(stray)}`, hintOfStray(stray))
      }
      if (probed.closes)
        return failed(
          `${place} takes connections and closes them without an answer`,
          'are all of its connections taken by other clients, or does its filter keep this machine out?',
        )
      return failed(`nobody answers on ${place}`, hintOfSilence(isPort(place) ? 'serial' : 'ethernet'))
    }
    case 'in-use':
      return failed(
        `somebody is talking on ${place} already (${probed.bytes} bytes heard): a second master would break both their talks`,
        'stop the other master, or the gateway: systemctl stop breakwall',
      )
    case 'no-port':
      return failed(
        `${place} cannot be used: ${probed.why}`,
        isPort(place)
          ? 'is it the right name, free, and may you use it (group dialout)?'
          : 'is the address right, and does its filter let this machine in?',
      )
  }
}

/** A path is a serial port, anything else the name of a machine. */
const isPort = (place: string): boolean => place.includes('/')

/** The name of a port that stays the same when adapters change places, where it has one. */
function stableName(path: string): string {
  const folder = '/dev/serial/by-id'
  if (!existsSync(folder) || path.startsWith(folder)) return path
  const real = realpathSync(path)
  return (
    readdirSync(folder)
      .map((name) => join(folder, name))
      .find((link) => realpathSync(link) === real) ?? path
  )
}

/** One line on a terminal that is drawn again; nothing where the output is not looked at. */
function progressBar() {
  const screen = process.stderr
  return {
    show: ({ done, of, at, found }: Progress): void => {
      if (!screen.isTTY) return
      const full = Math.round((30 * done) / of)
      screen.write(`\r[${'#'.repeat(full)}${' '.repeat(30 - full)}] ${done}/${of}  ${at}  ${found} found\x1b[K`)
    },
    end(): void {
      if (screen.isTTY) screen.write('\r\x1b[K')
    },
  }
}
