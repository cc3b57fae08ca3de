import { Parser } from 'tap-parser'

/** What a run of tests came to; `failures` has one line for each. */
export type Totals = { passed: number; failed: number; skipped: number; readonly failures: string[] }

/** Told of each file of tests when it has ended. */
export type FileEnded = {
  readonly file: string
  readonly passed: number
  readonly failed: number
  readonly ms: number
  /** One line each: the tests around it, what it is, and where. */
  readonly failures: readonly string[]
}

/**
 * Reads the output of `tap run --reporter=tap` as it comes. A test within a test is counted by what is asserted in it, and by itself
 * only where it fails though nothing in it has failed: it timed out, threw, or did not run to its end.
 */
export function readTap(ended: (file: FileEnded) => void): { write(chunk: string): void; end(): Totals } {
  const totals: Totals = { passed: 0, failed: 0, skipped: 0, failures: [] }
  const parser = new Parser()
  parser.on('child', (file: Parser) => {
    const counted = { passed: 0, failed: 0, skipped: 0, failures: [] as string[] }
    count(file, counted, [])
    // The point that closes it belongs to its parent.
    parser.once('assert', (point: Point) => {
      if (!point.ok && counted.failed === 0) addFailure(counted, point, [])
      totals.passed += counted.passed
      totals.failed += counted.failed
      totals.skipped += counted.skipped
      totals.failures.push(...counted.failures.map((line) => `${file.name}: ${line}`))
      ended({ ...counted, file: file.name, ms: Math.round(point.time ?? 0) })
    })
  })
  return {
    write: (chunk) => void parser.write(chunk),
    end() {
      parser.end()
      return totals
    },
  }
}

type Point = {
  readonly ok: boolean
  readonly name: string
  readonly skip: unknown
  readonly closingTestPoint: boolean
  readonly diag: unknown
  readonly time: number | null
}

function count(parser: Parser, counted: Totals, around: readonly string[]): void {
  parser.on('child', (child: Parser) => count(child, counted, [...around, child.name]))
  let failedBefore = 0
  parser.on('assert', (point: Point) => {
    const isSubtest = point.closingTestPoint
    if (point.skip !== false) counted.skipped += 1
    else if (!isSubtest && point.ok) counted.passed += 1
    else if (!point.ok && (!isSubtest || counted.failed === failedBefore)) addFailure(counted, point, around)
    failedBefore = counted.failed
  })
}

function addFailure(counted: Totals, { name, diag }: Pick<Point, 'name' | 'diag'>, around: readonly string[]): void {
  counted.failed += 1
  counted.failures.push([...around, name, ...placeOf(diag)].join(' > '))
}

/** Where the assertion stands, as far as the runner knows it. */
function placeOf(diag: unknown): readonly string[] {
  if (typeof diag !== 'object' || diag === null || !('at' in diag)) return []
  const { at } = diag
  if (typeof at !== 'object' || at === null || !('fileName' in at) || !('lineNumber' in at)) return []
  return [`${String(at.fileName)}:${String(at.lineNumber)}`]
}
