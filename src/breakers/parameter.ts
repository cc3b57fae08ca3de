import type { DateTime } from '../modbus/index.ts'
import type { Parameter, ParameterType } from './profile.ts'

/** Registers that a parameter of this type takes. */
export function registersOf(type: ParameterType): number {
  switch (type) {
    case 'uint16':
    case 'int16':
    case 'high-byte':
    case 'low-byte':
      return 1
    case 'uint32':
    case 'float32':
      return 2
    case 'date':
      return 4
  }
}

/** The value of a parameter as a person reads it: `400 A`, or the words that it stands for. `values` are registers from `first` on. */
export function describeValue(parameter: Parameter, values: readonly number[], first: number): string {
  const at = parameter.register - first
  const words = values.slice(at, at + registersOf(parameter.type))
  if (parameter.type === 'date') return describeDate(dateOf(words))
  const value = valueOf(parameter.type, words)
  const said = parameter.values.get(value)
  return said ?? `${tidy(value / parameter.scale)}${parameter.unit === '' ? '' : ` ${parameter.unit}`}`
}

/** A parameter with its name: `pick-up Ir = 400 A`. */
export function describeParameter(parameter: Parameter, values: readonly number[], first: number): string {
  const value = describeValue(parameter, values, first)
  return parameter.words === '' ? value : `${parameter.words} = ${value}`
}

/** At most six digits that mean something: a float of 32 bits has no more. */
const tidy = (value: number): string => (Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6))))

/** The number in these registers, without its scale. */
export function valueOf(type: Exclude<ParameterType, 'date'>, words: readonly number[]): number {
  const [first = 0, second = 0] = words
  const view = new DataView(new ArrayBuffer(4))
  view.setUint16(0, first)
  view.setUint16(2, second)
  switch (type) {
    case 'uint16':
      return first
    case 'int16':
      return view.getInt16(0)
    case 'uint32':
      return view.getUint32(0)
    case 'float32':
      return view.getFloat32(0)
    case 'high-byte':
      return first >> 8
    case 'low-byte':
      return first & 0xff
  }
}

type Moment = Pick<DateTime, 'year' | 'month' | 'day' | 'hour' | 'minute' | 'milliseconds'>

/** Month and day, year and hour, minutes and seconds, milliseconds (DOCA0091EN, "IFM Interface Commands"). */
const dateOf = ([monthDay = 0, yearHour = 0, minuteSecond = 0, ms = 0]: readonly number[]): Moment => ({
  year: 2000 + (yearHour >> 8),
  month: monthDay >> 8,
  day: monthDay & 0xff,
  hour: yearHour & 0xff,
  minute: minuteSecond >> 8,
  milliseconds: (minuteSecond & 0xff) * 1000 + ms,
})

/** A date as a person reads it, to the millisecond. */
export function describeDate({ year, month, day, hour, minute, milliseconds }: Moment): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  const seconds = `${two(Math.floor(milliseconds / 1000))}.${String(milliseconds % 1000).padStart(3, '0')}`
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${seconds}`
}
