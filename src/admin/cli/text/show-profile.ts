import type { ProfileView } from '../../contract/index.ts'
import { table } from './table.ts'

const rangeOf = ({ from, to }: { readonly from: number; readonly to: number }): string => (from === to ? String(from) : `${from}–${to}`)

/** A profile as a table: what may be asked of the device, what it means, and where that is documented. */
export function profileText(profile: ProfileView): string {
  const section = (title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] =>
    rows.length === 0 ? [] : ['', title, table([head, ...rows].map((row) => row.map((cell) => cell.replaceAll('{breaker}', '…'))))]
  const writes = (ranges: ProfileView['writable']): string[][] =>
    ranges.map((range) => [rangeOf(range), range.class, range.words, range.source])
  return [
    `${profile.name}: ${profile.family} · ${profile.interface}`,
    ...(profile.warning === '' ? [] : [`warning: ${profile.warning}`]),
    profile.status === '' ? 'shows no state' : `state from ${profile.status}`,
    ...section(
      'Commands (register 8000)',
      ['Code', 'Class', 'What', 'Length', 'Destination', 'Security', 'Password', 'Source'],
      profile.commands.map((command) => [
        String(command.code),
        command.class,
        command.words,
        command.lengths.length === 0 ? 'unconfirmed: denied' : command.lengths.join(' or '),
        command.destinations.join(' or '),
        String(command.security),
        command.passwords.length === 0 ? '-' : command.passwords.join(' or '),
        command.source,
      ]),
    ),
    ...section('Registers that may be written', ['Register', 'Class', 'What', 'Source'], writes(profile.writable)),
    ...section('Coils that may be written', ['Coil', 'Class', 'What', 'Source'], writes(profile.coils)),
    ...section(
      'Other functions',
      ['Function', 'Class', 'Source'],
      profile.functions.map((known) => [known.name, known.class, known.source]),
    ),
    ...section(
      'Registers that the documents list (reading others passes too)',
      ['Register', 'What', 'Source'],
      profile.readable.map((range) => [rangeOf(range), range.words, range.source]),
    ),
    '',
    'All else is unknown, and denied.',
  ].join('\n')
}
