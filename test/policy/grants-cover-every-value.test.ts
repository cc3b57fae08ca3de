import fc from 'fast-check'
import t from 'tap'
import { classify } from '../../src/breakers/index.ts'
import { type Request, encodeRequest } from '../../src/modbus/index.ts'
import { type Grant, type GrantedFor, type SettingLimits, grants } from '../../src/policy/index.ts'
import { anyRequest } from '../support/any-modbus.ts'
import { commandOf, many, profileOf, single } from '../support/requests.ts'

/**
 * The oracle reads frames, not operations, by a table of its own: for each command the bytes behind register 8005 that have a name,
 * the number that they hold, and by what it was multiplied (DOCA0091EN "Protection Commands", DOCA0105EN "Protection Submit Commands").
 */
type Field = { readonly setting: string; readonly at: number; readonly bytes: 1 | 2 | 4; readonly scale?: number }
const word = (setting: string, at: number, scale = 1): Field => ({ setting, at, bytes: 2, scale })
const described: Readonly<Record<number, readonly Field[]>> = {
  45192: [word('pick-up Ir', 0), word('delay tr', 2), word('motor class', 4), word('cool fan', 6)],
  45193: [word('pick-up Isd coefficient', 0, 10)],
  46728: [word('selection', 0)],
  51593: [
    { setting: 'session', at: 0, bytes: 4 },
    { setting: 'setting group', at: 5, bytes: 1 },
  ],
}

type Limits = Exclude<GrantedFor, { kind: 'class' }>

/** Whether each value of the frame is inside the grant. What it cannot name is not. */
function oracle(frame: Buffer, what: Limits, isCommand: boolean): boolean {
  const registers = what.kind === 'registers' ? what : undefined
  const named: readonly SettingLimits[] = what.kind === 'setting' ? [what, ...(what.also ?? [])] : []
  const within = (limits: { minimum: number; maximum: number }, value: number): boolean =>
    limits.minimum <= value && value <= limits.maximum
  const covers = (register: number, value: number): boolean =>
    registers !== undefined
      ? registers.from <= register && register <= registers.to && within(registers, value)
      : named.some((one) => one.setting === `register ${register}` && within(one, value))
  if (frame[0] !== 6 && frame[0] !== 16) return false
  const first = frame.readUInt16BE(1) + 1
  if (frame[0] === 6) return covers(first, frame.readUInt16BE(3))
  const data = frame.subarray(6)
  if (!isCommand) return Array.from({ length: data.length / 2 }, (_, i) => covers(first + i, data.readUInt16BE(2 * i))).every(Boolean)
  const [parameters, length] = [data.subarray(12, 32), data.readUInt16BE(2)]
  const fields = described[data.readUInt16BE(0)] ?? []
  const has = (byte: number): boolean => fields.some(({ at, bytes }) => at <= byte && byte < at + bytes)
  for (const [byte, value] of parameters.entries()) if (!has(byte) && (value !== 0 || byte < length - 10)) return false
  return (
    fields.length > 0 &&
    fields.every(({ setting, at, bytes, scale = 1 }) =>
      named.some((one) => one.setting === setting && within(one, parameters.readUIntBE(at, bytes) / scale)),
    )
  )
}

const profiles = new Map(['nsx-bscm', 'mtz-micrologic-x', 'io-module'].map((name) => [name, profileOf(name)]))
const small = fc.nat(6)
const settings = [...new Set(Object.values(described).flatMap((fields) => fields.map(({ setting }) => setting)))]
const name = fc.oneof(
  fc.constantFrom(...settings),
  fc.integer({ min: 798, max: 812 }).map((n) => `register ${n}`),
)
const limits = fc.record({ minimum: fc.constantFrom(0, 0, 2), maximum: fc.constantFrom(4, 65_535, 65_535) })
const setting = fc.tuple(name, limits).map(([setting, between]): SettingLimits => ({ setting, ...between }))
/** Often all settings of one command, since a grant that covers a whole command is rare by chance. */
const whole = fc
  .constantFrom(...Object.values(described))
  .chain((fields) =>
    fc
      .array(limits, { minLength: fields.length, maxLength: fields.length })
      .map((between) => fields.map((field, i): SettingLimits => ({ setting: field.setting, minimum: 0, maximum: 65_535, ...between[i] }))),
  )
const what = fc.oneof(
  fc.oneof(fc.array(setting, { minLength: 1, maxLength: 5 }), whole).map(([first, ...also]) => ({
    kind: 'setting' as const,
    class: 'protection-setting' as const,
    setting: '',
    minimum: 0,
    maximum: 0,
    ...first,
    ...(also.length === 0 ? {} : { also }),
  })),
  fc
    .tuple(fc.integer({ min: 798, max: 812 }), small, limits)
    .map(([from, more, between]) => ({ kind: 'registers' as const, class: 'control' as const, from, to: from + more, ...between })),
)
const command = fc
  .tuple(
    fc.constantFrom<readonly [number, number, number]>([45192, 18, 5121], [45193, 16, 5121], [46728, 12, 5121], [46728, 12, 5377]),
    fc.array(small, { maxLength: 10 }),
  )
  .map(([[code, length, destination], values]) => commandOf(code, length, destination, 1, values))
const submit = fc.array(small, { maxLength: 10 }).map((values) => commandOf(51_593, 26, 5377, 1, values))
const fitting = fc.array(small, { minLength: 4, maxLength: 4 }).map((values) => commandOf(45192, 18, 5121, 1, values))
const plain = fc
  .tuple(fc.integer({ min: 798, max: 812 }), fc.array(small, { minLength: 1, maxLength: 5 }))
  .chain(([register, values]) => fc.constantFrom(many(register, values), single(register, values[0] ?? 0)))
const request: fc.Arbitrary<Request> = fc.oneof(command, fitting, submit, plain, anyRequest)

t.test('a grant for settings or registers holds only for requests whose every written value it covers [CR 2.1 RE 3]', (t) => {
  const seen = { granted: 0, refused: 0 }
  const grant: Grant = {
    id: 'g',
    version: 0,
    client: 'c',
    breaker: 'Q1',
    for: { kind: 'class', class: 'control' },
    uses: 1,
    used: 0,
    askedBy: 'ana',
    askedUtcUs: 0,
    reason: '',
    workOrder: '',
    state: { kind: 'requested' },
    window: { startsMs: 0, lengthMs: 1, fromUtcUs: 0, untilUtcUs: 0 },
  }
  fc.assert(
    fc.property(request, what, fc.constantFrom(...profiles.keys()), (asked, limits, profile) => {
      const operation = classify(asked, profiles.get(profile) ?? profileOf(profile))
      const forIt = { ...limits, class: operation.class }
      const is = grants({ ...grant, for: forIt }, 'c', 'Q1', operation)
      seen[is ? 'granted' : 'refused'] += 1
      return is === oracle(Buffer.from(encodeRequest(asked)), forIt, operation.command !== 'none')
    }),
    { numRuns: 10_000 },
  )
  t.ok(seen.granted > 50 && seen.refused > 1000, `${seen.granted} granted, ${seen.refused} refused`)
  t.end()
})
