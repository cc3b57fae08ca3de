import type { Profile } from '../breakers/index.ts'
import type { Probed } from './search.ts'
import type { Found } from './units.ts'

type Place = { readonly port: string } | { readonly host: string; readonly tcpPort: number }

/** Profiles that fit what a unit has, the best first: the one that names most of its registers and none that it lacks. */
export function candidates({ registers }: Found, profiles: readonly Profile[]): string[] {
  return profiles
    .filter(({ identify }) => identify.length > 0 && identify.every((register) => registers.includes(register)))
    .toSorted((a, b) => b.identify.length - a.identify.length)
    .map(({ name }) => name)
}

/** What was found, as a block for breakwall.toml. What a unit did not say is left for whoever knows it. */
export function configuration(probed: Extract<Probed, { kind: 'found' }>, place: Place, profiles: readonly Profile[]): string {
  const bus =
    'port' in place
      ? [
          `port = "${place.port}"`,
          ...(probed.serial === 'none' ? [] : [`baud = ${probed.serial.baud}`, `format = "${probed.serial.format}"`]),
        ]
      : [`address = "${place.host}:${place.tcpPort}"`]
  const breakers = probed.units.map((unit) => {
    const [best = 'generic', ...others] = candidates(unit, profiles)
    const said = unit.product === 'not-said' ? 'did not say what it is' : Object.values(unit.product).filter(Boolean).join(' ')
    const also =
      best === 'generic'
        ? '   # reads only; breakwall profile list shows the others'
        : others.length === 0
          ? ''
          : `   # or ${others.join(', ')}`
    return [
      '',
      `# unit ${unit.address}: ${said}`,
      '[[breaker]]',
      `name = "B${unit.address}"`,
      `unit = ${unit.address > 247 ? 1 : unit.address}${unit.address > 247 ? '   # what SCADA addresses: 1 to 247' : ''}`,
      'bus = "found"',
      `address = ${unit.address}`,
      `profile = "${best}"${also}`,
    ].join('\n')
  })
  return ['[[bus]]', 'name = "found"', ...bus, ...breakers].join('\n')
}
