import { type AST, ParseError, getStaticTOMLValue, parseTOML } from 'toml-eslint-parser'
import type { Problem } from './problem.ts'

export type Path = readonly (string | number)[]
export type Place = { readonly line: number; readonly column: number }

/** A TOML file as plain values, and where each of them stands. */
export type Document = {
  readonly values: unknown
  /** The place of a value; of its table when it is not there. */
  placeOf(path: Path): Place
  /** The place of a key itself: for keys that should not be there. */
  placeOfKey(path: Path): Place
}

/** Parses TOML 1.0. On a syntax error there is one problem: the first. */
export function parseToml(file: string, text: string): Document | Problem {
  try {
    const program = parseTOML(text, { tomlVersion: '1.0' })
    const keys = new Map<string, Place>()
    const values = new Map<string, Place>()
    for (const item of program.body[0].body) {
      if (item.type === 'TOMLTable') {
        note(keys, item.resolvedKey, item.key)
        note(values, item.resolvedKey, item)
        for (const pair of item.body) notePair(keys, values, item.resolvedKey, pair)
      } else notePair(keys, values, [], item)
    }
    return {
      values: getStaticTOMLValue(program),
      placeOf: (path) => nearestPlace(values, path),
      placeOfKey: (path) => nearestPlace(keys, path),
    }
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    return { file, line: error.lineNumber, column: error.column + 1, text: `this is not TOML: ${error.message}` }
  }
}

const id = (path: Path): string => JSON.stringify(path)

function note(places: Map<string, Place>, path: Path, node: AST.TOMLNode): void {
  if (!places.has(id(path))) places.set(id(path), { line: node.loc.start.line, column: node.loc.start.column + 1 })
}

function notePair(keys: Map<string, Place>, values: Map<string, Place>, table: Path, pair: AST.TOMLKeyValue): void {
  const path = [...table, ...pair.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value))]
  note(keys, path, pair.key)
  noteValue(keys, values, path, pair.value)
}

function noteValue(keys: Map<string, Place>, values: Map<string, Place>, path: Path, value: AST.TOMLContentNode): void {
  note(values, path, value)
  if (value.type === 'TOMLArray') value.elements.forEach((element, i) => noteValue(keys, values, [...path, i], element))
  if (value.type === 'TOMLInlineTable') for (const pair of value.body) notePair(keys, values, path, pair)
}

function nearestPlace(places: ReadonlyMap<string, Place>, path: Path): Place {
  for (let length = path.length; length >= 0; length--) {
    const place = places.get(id(path.slice(0, length)))
    if (place !== undefined) return place
  }
  return { line: 1, column: 1 }
}
