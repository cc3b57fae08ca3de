import type { Twin } from '../../hil/twins/breaker.ts'
import { commandOf } from './requests.ts'
import { encodeRequest } from '../../src/modbus/index.ts'

/** One way to operate a device or to change it, as the documents have it: its frame, and how the device shows that it was done. */
export type Path = {
  readonly what: string
  readonly unit: number
  readonly client: 'scada-1' | 'engineer-1'
  readonly scope: 'control' | 'protection-setting' | 'other-setting'
  readonly pdu: string
  /** A command has a result in 8021; anything else is done when it is answered. */
  readonly command: boolean
  readonly before?: (twin: Twin) => void
  readonly done: (twin: Twin) => boolean
}

const hexOf = (code: number, length: number, destination: number, security: number, parameters: readonly number[] = []): string =>
  Buffer.from(encodeRequest(commandOf(code, length, destination, security, parameters))).toString('hex')

type Names = Readonly<Record<string, number>>
const units: Names = { Q1: 1, Q2: 2, Q3: 3, Q4: 4, Q5: 5, Q6: 6, Q7: 7, Q8: 8, E4: 9 }

function control(name: string, destination: number): Path[] {
  const of = (what: string, code: number, before: (twin: Twin) => void, done: (twin: Twin) => boolean): Path => ({
    what: `${name} ${what}`,
    unit: units[name] ?? 0,
    client: 'scada-1',
    scope: 'control',
    pdu: hexOf(code, 10, destination, 1),
    command: true,
    before,
    done,
  })
  return [
    of(
      'open',
      904,
      (twin) => (twin.closed = true),
      (twin) => !twin.closed,
    ),
    of(
      'close',
      905,
      (twin) => (twin.closed = false),
      (twin) => twin.closed,
    ),
    ...(destination === 4353
      ? [
          of(
            'reset',
            906,
            (twin) => twin.trip(),
            (twin) => !twin.tripped,
          ),
        ]
      : []),
  ]
}

/** A command that the device only stores: shown by the code and the registers that reached it. */
function stored(
  name: string,
  client: Path['client'],
  scope: Path['scope'],
  destination: number,
  rows: readonly (readonly [number, number])[],
): Path[] {
  return rows.map(([code, length]) => ({
    what: `${name} command ${code}`,
    unit: units[name] ?? 0,
    client,
    scope,
    pdu: hexOf(code, length, destination, 1, [1, 2, 3, 4]),
    command: true,
    done: (twin) => twin.stored !== 'nothing' && twin.stored.code === code && twin.stored.registers[6] === 1,
  }))
}

function plain(name: string, scope: Path['scope'], registers: readonly number[]): Path[] {
  return registers.map((register) => ({
    what: `${name} register ${register}`,
    unit: units[name] ?? 0,
    client: 'engineer-1',
    scope,
    pdu: `06${(register - 1).toString(16).padStart(4, '0')}0005`,
    command: false,
    done: (twin) => twin.read(register, 1)[0] === 5,
  }))
}

function clock(name: string, destination: number): Path {
  return {
    what: `${name} clock by command 769`,
    unit: units[name] ?? 0,
    client: 'engineer-1',
    scope: 'other-setting',
    pdu: hexOf(769, 18, destination, 0, [0x0102, 0x1e03, 0x0405, 6]),
    command: true,
    before: (twin) => (twin.clockAheadMs = 0),
    done: (twin) => twin.clockAheadMs > 1e9,
  }
}
const meiClock = (name: string): Path => ({
  what: `${name} clock by FC 43/16`,
  unit: units[name] ?? 0,
  client: 'engineer-1',
  scope: 'other-setting',
  pdu: '2b1000 001e010203040dac',
  command: false,
  before: (twin) => (twin.clockAheadMs = 0),
  done: (twin) => twin.clockAheadMs > 1e9,
})

function inhibit(name: string, destination: number): Path {
  return {
    what: `${name} inhibit closing`,
    unit: units[name] ?? 0,
    client: 'scada-1',
    scope: 'control',
    pdu: hexOf(910, 13, destination, 1, [1, 256]),
    command: true,
    done: (twin) => twin.closeInhibited,
  }
}

function outputs(name: string): Path[] {
  const base = { unit: units[name] ?? 0, client: 'scada-1', scope: 'control' } as const
  return [
    {
      ...base,
      what: `${name} output by command 1672`,
      pdu: hexOf(1672, 13, 0x2001, 1, [1, 0x0100]),
      command: true,
      before: (twin) => twin.write(14601, [0]),
      done: (twin) => (twin.read(14601, 1)[0] ?? 0) % 2 === 1,
    },
    {
      ...base,
      what: `${name} simple commands`,
      pdu: hexOf(41100, 11, 0x2001, 1, [0x0100]),
      command: true,
      done: (twin) => twin.simpleCommands,
    },
    { ...base, what: `${name} output by a plain write`, pdu: '0639080002', command: false, done: (twin) => twin.read(14601, 1)[0] === 2 },
    ...stored(name, 'scada-1', 'control', 0x2001, [[41099, 10]]),
    ...stored(name, 'engineer-1', 'other-setting', 0x2101, [
      [41352, 16],
      [41353, 18],
    ]),
  ]
}

const bcm = (name: string): Path[] => [
  ...control(name, 4609),
  inhibit(name, 4609),
  ...stored(name, 'engineer-1', 'other-setting', 4609, [
    [46472, 12],
    [46728, 12],
    [47240, 12],
    [47241, 12],
    [47242, 12],
    [47245, 12],
  ]),
  ...plain(name, 'other-setting', [580, 663, 800, 806]),
  ...plain(name, 'protection-setting', [807, 812, 9629, 9639]),
  clock(name, 768),
  meiClock(name),
]
const nsx = (name: string): Path[] => [
  ...control(name, 4353),
  ...stored(name, 'engineer-1', 'protection-setting', 5121, [
    [45192, 18],
    [45193, 16],
  ]),
  ...stored(name, 'scada-1', 'control', 5121, [
    [46216, 12],
    [46217, 10],
  ]),
  ...stored(name, 'engineer-1', 'other-setting', 5121, [
    [46472, 12],
    [46728, 12],
    [46729, 12],
    [47240, 12],
    [47241, 12],
    [47242, 12],
    [47245, 12],
  ]),
  clock(name, 768),
  meiClock(name),
  inhibit(name, 4353),
]

/** Every intrusive path of the documents, each on a device that has it. Closing is inhibited last: it stays so. */
export const intrusivePaths: readonly Path[] = [
  ...outputs('Q2'),
  ...bcm('Q2'),
  ...bcm('Q3'),
  ...bcm('Q6'),
  ...nsx('Q1'),
  ...nsx('Q5'),
  ...nsx('Q7'),
  ...control('Q4', 5377),
  ...stored('Q4', 'engineer-1', 'protection-setting', 5377, [
    [51593, 26],
    [51594, 26],
    [51595, 26],
    [51596, 26],
    [51597, 26],
    [51598, 26],
    [45704, 12],
  ]),
  ...stored('Q4', 'engineer-1', 'other-setting', 5377, [
    [46472, 12],
    [46728, 12],
    [47240, 12],
    [47241, 12],
    [47242, 12],
    [50056, 10],
  ]),
  clock('Q4', 8704),
  meiClock('Q4'),
  inhibit('Q4', 5377),
  ...control('Q8', 4609),
  clock('E4', 8704),
  meiClock('E4'),
]
