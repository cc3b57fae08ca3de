import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Command, type Profile, passwordLevels, registersOf, touchesCommands } from '../breakers/index.ts'
import { type RegisterNumber, toRegisterNumber } from '../modbus/index.ts'
import { readRegularFile } from '../platform/index.ts'
import {
  classesOfFunction,
  contradictionsOf,
  parameterContradictions,
  readableContradiction,
  refreshContradiction,
  statusContradiction,
} from './profile-contradictions.ts'
import { toProblems } from './mistakes.ts'
import { type Problem, suggestion } from './problem.ts'
import { toMilliseconds } from './duration.ts'
import { type ProfileFile, profileExpectations, profileSchema } from './profile-schema.ts'
import { type Document, type Path, parseToml } from './toml.ts'

/** The profiles that come with the gateway: `config/profiles` of the package. */
export const profileFolder = join(import.meta.dirname, '../../config/profiles')

/** Names of all profiles in these folders. A site's own folder comes first: a profile there stands for the shipped one of its name. */
export const profileNames = (folders: readonly string[]): string[] => {
  const files = folders.filter((folder) => existsSync(folder)).flatMap((folder) => readdirSync(folder))
  return [...new Set(files.filter((name) => name.endsWith('.toml')).map((name) => name.slice(0, -'.toml'.length)))].sort()
}

/** Reads one profile with all that it includes; every mistake in them comes back with its place. */
export function loadProfile(folders: readonly string[], name: string): Profile | readonly Problem[] {
  const folder = folders.find((candidate) => existsSync(join(candidate, `${name}.toml`)))
  if (folder === undefined) throw new Error(`profile ${name} was to be read from folders that do not have it`)
  return loadProfileFile(join(folder, `${name}.toml`), folders)
}

/** Reads one file as a profile. What it includes is looked for in `folders`. */
export function loadProfileFile(file: string, folders: readonly string[]): Profile | readonly Problem[] {
  const { parts, problems } = readWhole(file, folders, [])
  const [own] = parts
  const all = [...problems, ...parts.flatMap(checkPart), ...checkTogether(parts), ...checkMeanings(parts)]
  if (all.length > 0 || own === undefined) return all
  return toProfile(basename(file, '.toml'), own.values, parts)
}

/** One file of a profile: the profile itself comes first, then what it includes. */
type Part = { readonly file: string; readonly document: Document; readonly values: ProfileFile }
type Read = { readonly parts: readonly Part[]; readonly problems: readonly Problem[] }

function readWhole(file: string, folders: readonly string[], above: readonly string[]): Read {
  const failed = (...problems: readonly Problem[]): Read => ({ parts: [], problems })
  let text: string
  try {
    text = readRegularFile(file).toString('utf8')
  } catch (error) {
    return failed({ file, line: 1, column: 1, text: `cannot be read: ${error instanceof Error ? error.message : String(error)}` })
  }
  const document = parseToml(file, text)
  if ('text' in document) return failed(document)
  const parsed = profileSchema.safeParse(document.values)
  if (!parsed.success) return failed(...toProblems(file, document, parsed.error.issues, profileExpectations))
  const inner = parsed.data.include.map((name, i): Read => {
    const wrong = (why: string): Read => failed({ file, ...document.placeOf(['include', i]), text: `include "${name}" ${why}` })
    const folder = folders.find((candidate) => existsSync(join(candidate, `${name}.toml`)))
    if (folder === undefined) return wrong(`does not exist: ${suggestion(name, profileNames(folders))}`)
    const path = join(folder, `${name}.toml`)
    if ([...above, file].includes(path)) return wrong('includes this profile again: take one of the two out')
    return readWhole(path, folders, [...above, file])
  })
  return {
    parts: [{ file, document, values: parsed.data }, ...inner.flatMap(({ parts }) => parts)],
    problems: inner.flatMap(({ problems }) => problems),
  }
}

function checkPart({ file, document, values }: Part): Problem[] {
  const problems: Problem[] = []
  const report = (path: Path, text: string): void => void problems.push({ file, ...document.placeOf(path), text })
  for (const table of ['writable', 'coil', 'readable', 'refresh'] as const)
    values[table].forEach(({ from, to }, i) => {
      if (from > to) report([table, i, 'to'], `${table} from ${from} to ${to} is empty: expected "to" at or behind "from"`)
      if (table === 'writable' && touchesCommands(from, to - from + 1))
        report([table, i, 'from'], `writable ${from} to ${to} covers the command interface (8000 to 8019): write it as a [[command]]`)
    })
  values.command.forEach((command, i) => {
    for (const { key, text } of contradictionsOf(command)) report(['command', i, key], text)
    for (const { at, text } of parameterContradictions(command)) report(['command', i, 'parameter', at], text)
    command.parameter.forEach((parameter, k) => {
      const end = parameter.register + registersOf(parameter.type) - 1
      if (end > 8015) report(['command', i, 'parameter', k], `parameter "${parameter.words}" ends at ${end}: parameters end at 8015`)
    })
  })
  values.function.forEach(({ name, class: operationClass }, i) => {
    const fitting = classesOfFunction[name]
    if (!fitting.includes(operationClass))
      report(['function', i, 'class'], `function ${name} has class "${operationClass}": expected ${fitting.join(' or ')}`)
  })
  return problems
}

/** What one part contradicts in all of them: a register has one meaning, wherever it is described. */
function checkMeanings(parts: readonly Part[]): Problem[] {
  const writable = parts.flatMap(({ values }) => values.writable)
  const hasCommands = parts.some(({ values }) => values.command.length > 0)
  const classes = new Map<string, string>()
  return parts.flatMap((part) => {
    const { file, document, values } = part
    const at = (path: Path, text: string | undefined): Problem[] => (text === undefined ? [] : [{ file, ...document.placeOf(path), text }])
    return [
      ...(values.status === undefined ? [] : at(['status'], statusContradiction(values.status, writable))),
      ...values.refresh.flatMap((range, i) => at(['refresh', i, 'from'], refreshContradiction(range, writable))),
      ...values.readable.flatMap((range, i) => at(['readable', i, 'from'], readableContradiction(range, hasCommands))),
      ...values.function.flatMap(({ name, class: operationClass }, i) => {
        const first = classes.get(name) ?? operationClass
        classes.set(name, first)
        const text = `function ${name} has class "${operationClass}", and elsewhere in this profile "${first}": one function has one class`
        return first === operationClass ? [] : at(['function', i, 'class'], text)
      }),
    ]
  })
}

/** Included commands of unconfirmed length that the including profile, which comes first, gives whole; the class stays what it is. */
function filledIn(parts: readonly Part[]): ReadonlySet<ProfileFile['command'][number]> {
  const filled = new Set<ProfileFile['command'][number]>()
  const known = new Set<string>()
  for (const { values } of parts) {
    const keys = (command: ProfileFile['command'][number]): string[] =>
      destinationsOf(command).map((destination) => `${command.code} ${destination} ${command.class}`)
    for (const command of values.command)
      if (command.length === 'unconfirmed' && keys(command).every((key) => known.has(key))) filled.add(command)
    for (const command of values.command) if (command.length !== 'unconfirmed') for (const key of keys(command)) known.add(key)
  }
  return filled
}

/** What two entries must not say twice, also across an include. */
function checkTogether(parts: readonly Part[]): Problem[] {
  const filled = filledIn(parts)
  const problems: Problem[] = []
  const where = ({ file, document }: Part, path: Path): string => `${basename(file)} line ${document.placeOf(path).line}`
  const commands = new Map<string, string>()
  for (const part of parts) {
    part.values.command.forEach((command, i) => {
      if (filled.has(command)) return
      for (const destination of destinationsOf(command)) {
        const first = commands.get(`${command.code} ${destination}`)
        const place = { file: part.file, ...part.document.placeOf(['command', i, 'code']) }
        if (first === undefined) commands.set(`${command.code} ${destination}`, where(part, ['command', i]))
        else problems.push({ ...place, text: `command ${command.code} to ${destination} is there twice (first at ${first}): remove one` })
      }
    })
  }
  for (const table of ['writable', 'coil', 'refresh'] as const) {
    const all = parts.flatMap((part) => part.values[table].map((range, i) => ({ part, range, i })))
    all.forEach(({ part, range, i }, k) => {
      const other = all.slice(0, k).find((before) => before.range.from <= range.to && range.from <= before.range.to)
      if (other === undefined) return
      const text = `${table} ${range.from} to ${range.to} overlaps ${other.range.from} to ${other.range.to} (${where(other.part, [table, other.i])}): one register has one meaning`
      problems.push({ file: part.file, ...part.document.placeOf([table, i, 'from']), text })
    })
  }
  return problems
}

const destinationsOf = ({ destination }: ProfileFile['command'][number]): readonly number[] =>
  Array.isArray(destination) ? destination : [destination]

function toProfile(name: string, own: ProfileFile, parts: readonly Part[]): Profile {
  const all = <T>(pick: (values: ProfileFile) => readonly T[]): readonly T[] => parts.flatMap(({ values }) => pick(values))
  const filled = filledIn(parts)
  const mask = (position: number | 'none'): number => (position === 'none' ? 0 : 1 << position)
  return {
    name,
    family: own.family,
    interface: own.interface,
    warning: own.warning,
    passwordRule: own['password-rule'],
    status:
      own.status === undefined
        ? 'none'
        : {
            register: number(own.status.register),
            closed: mask(own.status['closed-bit']),
            tripped: mask(own.status['tripped-bit']),
            invalid: mask(own.status['invalid-bit']),
            currents: number(own.status.currents),
          },
    commands: all((values) => values.command.filter((command) => !filled.has(command)).map(toCommand)),
    writable: all((values) => values.writable),
    coils: all((values) => values.coil),
    readable: all((values) => values.readable),
    refresh: all((values) => values.refresh.map(({ from, to, every }) => ({ from, to, everyMs: toMilliseconds(every) ?? 0 }))),
    functions: all((values) => values.function),
    identify: all((values) => values.identify.map(({ register }) => register)),
  }
}

function toCommand(command: ProfileFile['command'][number]): Command {
  const { code, words, class: operationClass, length, security, source } = command
  const lengths = length === 'unconfirmed' ? [] : Array.isArray(length) ? length : [length]
  return {
    code,
    words,
    class: operationClass,
    act: command.act,
    lengths,
    destinations: destinationsOf(command),
    security,
    // Least first, in whatever order the file has them.
    passwords: passwordLevels.filter((level) => command.password?.includes(level) === true),
    parameters: command.parameter.map((parameter) => ({
      ...parameter,
      register: number(parameter.register),
      values: new Map(Object.entries(parameter.values).map(([value, said]) => [Number(value), said])),
    })),
    source,
  }
}

function number(n: number): RegisterNumber {
  const checked = toRegisterNumber(n)
  if (checked === undefined) throw new Error(`the schema let register ${n} through`)
  return checked
}
