import type { z } from 'zod'
import { checkRange } from '../policy/index.ts'
import { type Problem, nearest } from './problem.ts'
import type { Document, Path } from './toml.ts'

type Issue = z.core.$ZodIssue

/** Turns what the schema found into sentences with a place, what was expected and an example. */
export function toProblems(
  file: string,
  document: Document,
  issues: readonly Issue[],
  expectations: Readonly<Record<string, string>>,
): Problem[] {
  return issues.flatMap((issue) => problemsOf(file, document, issue, expectations))
}

function problemsOf(file: string, document: Document, issue: Issue, expectations: Readonly<Record<string, string>>): Problem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol')
  if (issue.code === 'unrecognized_keys') {
    const known = siblings(path, expectations)
    return issue.keys.map((key) => {
      const meant = nearest(key, known)
      const hint = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean "${meant}"?`
      return { file, ...document.placeOfKey([...path, key]), text: `unknown key "${key}": ${hint}` }
    })
  }
  if (issue.code === 'invalid_union') {
    // The branch that complains least is the one that was meant.
    const branches = [...issue.errors].sort((a, b) => a.length - b.length)
    const inner = branches[0] ?? []
    const literal = inner.length === 0 || inner.every((one) => one.path.length === 0 && one.code === 'invalid_value')
    if (!literal) return inner.flatMap((one) => problemsOf(file, document, { ...one, path: [...issue.path, ...one.path] }, expectations))
  }
  const value = valueAt(document.values, path)
  const expected = expectations[pattern(path)] ?? issue.message
  const last = path.findLast((part) => typeof part === 'string') ?? ''
  const text =
    value === undefined
      ? `${owner(document.values, path)} lacks "${last}": expected ${expected}`
      : `${detail(last, value)}: expected ${expected}`
  return [{ file, ...document.placeOf(path), text }]
}

function detail(key: string, value: unknown): string {
  const shown = `${key} ${JSON.stringify(value)}`
  if (key !== 'from' || typeof value !== 'string') return shown
  const found = checkRange(value)
  return found === 'fine' ? shown : `${shown} ${found}`
}

/** A path as the table of expectations writes it: without indexes, roles' names as *. */
function pattern(path: Path): string {
  const names = path.filter((part) => typeof part === 'string')
  return names[0] === 'roles' && names.length > 1 ? ['roles', '*', ...names.slice(2)].join('.') : names.join('.')
}

function siblings(path: Path, expectations: Readonly<Record<string, string>>): string[] {
  const prefix = pattern(path)
  const depth = prefix === '' ? 0 : prefix.split('.').length
  return Object.keys(expectations)
    .filter((key) => (prefix === '' || key.startsWith(`${prefix}.`)) && key.split('.').length === depth + 1)
    .map((key) => key.split('.').at(-1) ?? key)
}

function owner(values: unknown, path: Path): string {
  const table = valueAt(values, path.slice(0, -1))
  const name = typeof table === 'object' && table !== null && 'name' in table ? ` "${String(table.name)}"` : ''
  const kind = path
    .slice(0, -1)
    .filter((part) => typeof part === 'string')
    .join('.')
  return kind === '' ? 'the file' : `${kind}${name}`
}

function valueAt(values: unknown, path: Path): unknown {
  let at = values
  for (const part of path) at = typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[part] : undefined
  return at
}
