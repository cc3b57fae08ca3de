import { exportBundle } from './export-bundle.ts'
import { BYTE_ORDER_MARK, csvHeader, csvLine } from './export-csv.ts'
import { toRecord } from './record.ts'
import type { Row } from './schema.ts'

/** What somebody takes along. */
export type ExportOrder = {
  /** The journal's file. */
  readonly path: string
  readonly format: 'csv' | 'jsonl' | 'bundle'
  /** A byte order mark before a CSV. */
  readonly bom: boolean
  /** Numbers of the first and the last event. */
  readonly first: number
  readonly last: number
  readonly gateway: string
  readonly madeUtc: string
  /** The key of checkpoints; empty where there is none. */
  readonly publicPem: string
}

/** The bytes of an export, made as they are taken. `sign`: by the journal's key. */
export function exportContent(
  order: ExportOrder,
  portions: () => Iterable<readonly Row[]>,
  sign: (text: string) => Promise<string>,
): AsyncIterable<Uint8Array> | Iterable<string> {
  const { format, bom, first, last, gateway, madeUtc, publicPem } = order
  switch (format) {
    case 'csv':
      return csv(portions(), bom)
    case 'jsonl':
      return jsonLines(portions())
    case 'bundle':
      return exportBundle({ gateway, from: first, to: last, madeUtc, publicPem, rows: portions, sign })
  }
}

function* csv(portions: Iterable<readonly Row[]>, mark: boolean): Generator<string> {
  yield `${mark ? BYTE_ORDER_MARK : ''}${csvHeader()}`
  for (const portion of portions) yield portion.map(({ body }) => csvLine(toRecord(body))).join('')
}

function* jsonLines(portions: Iterable<readonly Row[]>): Generator<string> {
  for (const portion of portions) yield portion.map(({ body }) => `${JSON.stringify(toRecord(body))}\n`).join('')
}
