/** Ways to a trip unit that no gateway can close: people see to them (DOCA0122EN-10, tables of access paths by family). */
export type LocalPath = 'display' | 'FDM121' | 'NFC' | 'Bluetooth' | 'USB port' | 'test port' | 'IEEE 802.15.4' | 'room'
export type ChecklistItem = {
  readonly id: string
  readonly path: LocalPath
  readonly text: string
  /** The requirement that it answers to. */
  readonly source: string
  /** After how long it is to be done again, days: a proposal of this product, no document sets it. */
  readonly everyDays: number
}

const pathsOf: Readonly<Record<string, readonly LocalPath[]>> = {
  'MasterPacT MTZ': ['room', 'display', 'FDM121', 'NFC', 'Bluetooth', 'USB port'],
  'MasterPacT MTZ Active': ['room', 'display', 'NFC', 'USB port', 'IEEE 802.15.4'],
  'MasterPacT NT/NW': ['room', 'display', 'FDM121', 'test port'],
  'ComPacT NS': ['room', 'display', 'FDM121', 'test port'],
  'PowerPacT P/R': ['room', 'display', 'FDM121', 'test port'],
  'ComPacT NSX': ['room', 'display', 'FDM121', 'test port'],
  'PowerPacT H/J/L': ['room', 'display', 'FDM121', 'test port'],
}

const item = (id: string, path: LocalPath, text: string, everyDays = 365, source = 'S-28'): ChecklistItem => ({
  id,
  path,
  text,
  source,
  everyDays,
})

const items: readonly ChecklistItem[] = [
  item('room-locked', 'room', 'The switchboard stands behind a locked door, and it is known who has its keys.', 180, 'S-26'),
  item('cables', 'room', 'Cables and connectors of the communication are fixed and out of reach of passers-by.', 365, 'S-26'),
  item('people-trained', 'room', 'Whoever works here has been told the rules, and when to call whom.', 365, 'S-25'),
  item('display-password', 'display', 'The password for changes at the display is no longer the one from the factory.'),
  item('display-cover', 'display', 'The cover over the settings is shut and sealed.', 180),
  item(
    'fdm121-out-of-reach',
    'FDM121',
    'The FDM121 display stands where only authorised people come, and its control is off where it is not needed.',
  ),
  item('nfc-phones', 'NFC', 'Only phones of the site are held to the unit: anyone close to it can read its data by NFC.'),
  item('bluetooth-off', 'Bluetooth', 'Bluetooth of the control unit is switched off when it is not in use.', 90),
  item('usb-closed', 'USB port', 'The USB port is behind its closed cover; only maintained PCs are plugged in.', 180),
  item('test-port-closed', 'test port', 'The test port is covered; only maintained PCs are plugged in.', 180),
  item('radio-known', 'IEEE 802.15.4', 'The radio network holds known devices only, and is looked at regularly.', 90, 'S-41'),
]

/** What is to be done by hand at a breaker of this family; one without a table in the guide has the items of its room. */
export function checklistFor(family: string): readonly ChecklistItem[] {
  const paths = pathsOf[family] ?? ['room']
  return items.filter(({ path }) => paths.includes(path))
}
