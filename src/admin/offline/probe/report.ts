import type { Profile } from '../../../breakers/index.ts'
import type { Stray } from './overhear.ts'
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
export function configuration(
  probed: Omit<Extract<Probed, { kind: 'found' }>, 'strays'>,
  place: Place,
  profiles: readonly Profile[],
): string {
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

/** An answer that was none, as a sentence for the person who probes. */
export function describeStray(stray: Stray): string {
  switch (stray.kind) {
    case 'other-unit':
      return `something answered as unit ${stray.as} where unit ${stray.asked} was asked`
    case 'other-transaction':
      return `something answered as unit ${stray.unit} with a transaction id that was never sent`
    case 'late':
      return `unit ${stray.unit} answered after its time-out`
  }
}

/** What to do about it. */
export function hintOfStray(stray: Stray): string {
  switch (stray.kind) {
    case 'other-unit':
      return stray.as === 0
        ? 'the interface or converter writes unit 0 into its replies, which no client takes: correct its settings'
        : `ask for that one: --units ${stray.as}; an interface or converter that changes unit ids has a setting for it`
    case 'other-transaction':
      return 'the interface or converter does not return transaction ids: the gateway takes no such reply, look for a newer firmware'
    case 'late':
      return 'give it more time: --timeout 3s'
  }
}

/** Why nobody may have answered: wires on a serial line, addresses and filters on Ethernet. */
export const hintOfSilence = (on: 'serial' | 'ethernet'): string =>
  on === 'serial'
    ? 'is A/B swapped, the termination missing, or the unit id outside --units? A slow chain needs --timeout 3s'
    : 'is the unit id outside --units (the interface itself is often 255)? A slow chain behind it needs --timeout 3s'
