/**
 * What the documents say of each device, typed off from them for the twins alone: a twin that read the gateway's profiles would share their
 * mistakes. Sources: DOCA0091EN and DOCA0213EN (NSX), 0611IB1302 (PowerPacT H/J/L), DOCA0054EN and DOCA0220EN (BCM ULP), 0613IB1313
 * (PowerPacT P/R), DOCA0105EN (MTZ), DOCA0384EN (MicroLogic Active, data sets), EasyPact MVS guide (IO module).
 */
export type Effect =
  'open' | 'close' | 'reset' | 'inhibit' | 'clock' | 'read-clock' | 'output' | 'simple-commands' | 'store' | 'return-data'

export type Level = 'none' | 'operator' | 'administrator'

export type DocumentedCommand = {
  /** Length words that the device takes; `any` where no document gives one. */
  readonly length: readonly number[] | 'any'
  readonly destination: readonly number[]
  /** The least profile whose password it takes. */
  readonly level: Level
  readonly effect: Effect
}
export type Commands = ReadonlyMap<number, DocumentedCommand>
export type Ranges = readonly (readonly [number, number])[]

type Row = readonly [code: number, length: number | readonly number[] | 'any', level: Level, effect: Effect]

const commands = (destination: number | readonly number[], rows: readonly Row[]): Commands =>
  new Map(
    rows.map(([code, length, level, effect]) => [
      code,
      {
        length: typeof length === 'number' ? [length] : length,
        destination: typeof destination === 'number' ? [destination] : destination,
        level,
        effect,
      },
    ]),
  )

export const bscm = commands(0x1101, [
  [904, 10, 'operator', 'open'],
  [905, 10, 'operator', 'close'],
  [906, 10, 'operator', 'reset'],
  [910, 13, 'operator', 'inhibit'],
  [42636, 'any', 'administrator', 'store'],
  [42637, 'any', 'administrator', 'store'],
  [42638, 'any', 'administrator', 'store'],
  [42639, 'any', 'administrator', 'store'],
])

export const micrologic567 = commands(0x1401, [
  [45192, 18, 'administrator', 'store'],
  [45193, 16, 'administrator', 'store'],
  ...([45194, 45195, 45197, 45448, 45449, 45450, 45451].map((code) => [code, 'any', 'administrator', 'store']) as Row[]),
  [46216, 12, 'operator', 'store'],
  [46217, 10, 'administrator', 'store'],
  [46472, 12, 'administrator', 'store'],
  [46728, 12, 'operator', 'store'],
  [46729, 12, 'operator', 'store'],
  ...([47240, 47241, 47242, 47245].map((code) => [code, 12, 'administrator', 'store']) as Row[]),
  [47243, 'any', 'administrator', 'store'],
  [47244, 'any', 'administrator', 'store'],
])

export const bcmUlp = commands(0x1201, [
  [904, 10, 'operator', 'open'],
  [905, 10, 'operator', 'close'],
  [910, 13, 'operator', 'inhibit'],
  [46472, 12, 'administrator', 'store'],
  [46728, 12, 'operator', 'store'],
  ...([47240, 47241, 47242, 47245].map((code) => [code, 12, 'administrator', 'store']) as Row[]),
  [47243, 'any', 'administrator', 'store'],
  [47244, 'any', 'administrator', 'store'],
])

export const micrologicX = commands(0x1501, [
  [904, 10, 'operator', 'open'],
  [905, 10, 'operator', 'close'],
  [910, 13, 'operator', 'inhibit'],
  ...([51593, 51594, 51595, 51596, 51597, 51598].map((code) => [code, 26, 'administrator', 'store']) as Row[]),
  [45704, 12, 'administrator', 'store'],
  [46472, 12, 'administrator', 'store'],
  [49033, 'any', 'administrator', 'store'],
  [49545, 'any', 'operator', 'store'],
  [51592, 'any', 'administrator', 'store'],
  [51599, 'any', 'administrator', 'store'],
  ...([49025, 49536, 49537, 51590, 51591].map((code) => [code, 14, 'none', 'return-data']) as Row[]),
  ...([51584, 51585, 51586, 51587, 51588].map((code) => [code, 16, 'none', 'return-data']) as Row[]),
  [51589, [14, 16], 'none', 'return-data'],
  [46728, 12, 'operator', 'store'],
  ...([47240, 47241, 47242].map((code) => [code, 12, 'administrator', 'store']) as Row[]),
  [50056, 10, 'operator', 'store'],
])

/** Operates without a password: security type 1, password 0 (DOCA0384EN). */
export const micrologicActive = commands(0x1201, [
  [904, 10, 'none', 'open'],
  [905, 10, 'none', 'close'],
])

export const ioModule = commands(
  [0x2001, 0x2101],
  [
    [1672, 13, 'operator', 'output'],
    [41099, 10, 'operator', 'store'],
    [41100, 11, 'operator', 'simple-commands'],
    [41102, 'any', 'operator', 'store'],
    [41352, 16, 'operator', 'store'],
    [41353, 18, 'operator', 'store'],
    ...([42120, 42376, 42888, 42889, 42890].map((code) => [code, 'any', 'operator', 'store']) as Row[]),
  ],
)

/** The communication interface: an IFM or a BSCM Modbus at 0x0300, an IFE at 0x2200. Its clock needs no password. */
export const clockAt = (destination: number): Commands =>
  commands(destination, [
    [768, 10, 'none', 'read-clock'],
    [769, 18, 'none', 'clock'],
  ])

/** Registers that exist; all others are exception 02. */
const shared: Ranges = [
  [8000, 8149],
  [12000, 12113],
  [32000, 32249],
]
const nsxRegisters: Ranges = [
  [563, 564],
  [571, 582],
  [1000, 1054],
  [1300, 1899],
  [2000, 2243],
  [2900, 2929],
  [3314, 3316],
  [8754, 8773],
  [9801, 9810],
  [29780, 29827],
]
const bcmRegisters: Ranges = [
  [150, 156],
  [515, 515],
  [534, 543],
  [554, 555],
  [577, 581],
  [650, 702],
  [800, 813],
  [1000, 1032],
  [2000, 2241],
  [3314, 3314],
  [9629, 9645],
]
const ioRegisters: Ranges = [
  [14598, 14601],
  [17598, 17601],
]
const ifmRegisters: Ranges = [[12400, 12403]]
const ifeRegisters: Ranges = [
  [10242, 10273],
  [11744, 11789],
  [11824, 11833],
  [11891, 11897],
]

/** A family behind the interface that it has in life. */
export type Family = {
  readonly product: string
  /** First byte of the module whose errors 8021 shows when a breaker refuses to move. */
  readonly destination: number
  readonly commands: readonly Commands[]
  readonly registers: Ranges
  /** Registers that plain Modbus writes reach without a password. */
  readonly writable: Ranges
  /** MasterPacT shows a charged spring and "ready to close". */
  readonly masterpact: boolean
}

const bcmWritable: Ranges = [
  [580, 581],
  [663, 665],
  [800, 800],
  [806, 812],
  [9629, 9645],
]
const bcm = (product: string, masterpact: boolean): Family => ({
  product,
  destination: 0x1201,
  commands: [bcmUlp, ioModule, clockAt(0x0300), clockAt(0x2200)],
  registers: [...shared, ...bcmRegisters, ...ioRegisters, ...ifmRegisters, ...ifeRegisters],
  writable: bcmWritable,
  masterpact,
})

export const families = {
  nsx: {
    product: 'ComPacT NSX250',
    destination: 0x1101,
    commands: [bscm, micrologic567, ioModule, clockAt(0x0300), clockAt(0x2200)],
    registers: [...shared, ...nsxRegisters, ...ioRegisters, ...ifmRegisters, ...ifeRegisters],
    writable: [],
    masterpact: false,
  },
  nsxModbus: {
    product: 'ComPacT NSX160',
    destination: 0x1101,
    commands: [bscm, micrologic567, ioModule, clockAt(0x0300)],
    registers: [...shared, ...nsxRegisters, ...ioRegisters],
    writable: [],
    masterpact: false,
  },
  powerpactH: {
    product: 'PowerPacT H',
    destination: 0x1101,
    commands: [bscm, micrologic567, ioModule, clockAt(0x0300), clockAt(0x2200)],
    registers: [...shared, ...nsxRegisters, ...ioRegisters, ...ifmRegisters, ...ifeRegisters],
    writable: [],
    masterpact: false,
  },
  nw: bcm('MasterPacT NW16', true),
  ns: bcm('ComPacT NS800', false),
  powerpactP: bcm('PowerPacT P', false),
  mtz: {
    product: 'MasterPacT MTZ2',
    destination: 0x1501,
    commands: [micrologicX, ioModule, clockAt(0x2200), commands(0x1500, [[768, 10, 'none', 'read-clock']])],
    registers: [...shared, [8153, 8171], [8264, 8269], ...ioRegisters, ...ifeRegisters],
    writable: [],
    masterpact: true,
  },
  mtzActive: {
    product: 'MasterPacT MTZ1',
    destination: 0x1201,
    commands: [micrologicActive],
    registers: shared,
    writable: [],
    masterpact: true,
  },
  ife: {
    product: 'IFE',
    destination: 0x2200,
    commands: [clockAt(0x2200)],
    registers: [[8000, 8149], ...ifeRegisters],
    writable: [],
    masterpact: false,
  },
} as const satisfies Record<string, Family>
