import { catalogue } from './catalogue.ts'
import type { Category, Severity } from './definition.ts'
import type { FieldName, FieldTypes, FieldValue } from './fields.ts'

export type EventId = keyof typeof catalogue
export type FieldsOf<Id extends EventId> = { readonly [F in (typeof catalogue)[Id]['fields'][number]]: FieldTypes[F] }

/** Something that happened, before it has a place in the journal. Only `event` makes one. */
export type SecurityEvent = {
  readonly id: EventId
  readonly severity: Severity
  readonly category: Category
  readonly text: string
  readonly fields: Readonly<Partial<Record<FieldName, FieldValue>>>
}

declare const recordId: unique symbol
/** The gapless number of a record that is on disk. Only the journal gives one. */
export type RecordId = number & { readonly [recordId]: true }
export const toRecordId = (seq: number): RecordId => seq as RecordId

/** A record of the journal as everybody outside it sees it. */
export type EventRecord = SecurityEvent & {
  readonly seq: number
  readonly time: string
  readonly boot: string
  readonly gateway: string
}

/** Longest text of one field, characters: what a peer says about itself must not fill the journal. */
export const MAX_FIELD_CHARACTERS = 256

/** Makes an event out of its line of the catalogue. Control characters are shown as \xNN so that nothing forges a line. */
export function event<Id extends EventId>(id: Id, fields: FieldsOf<Id>): SecurityEvent {
  const definition = catalogue[id]
  const clean: Partial<Record<FieldName, FieldValue>> = {}
  for (const name of sortedFields(id)) {
    const value: FieldValue = (fields as Record<string, FieldValue>)[name] ?? ''
    clean[name] = typeof value === 'string' ? harmless(value) : value
  }
  const text = definition.text.replace(/\{(\w+)\}/g, (_, name: string) => String(clean[name as FieldName] ?? ''))
  const grave = clean.class === 'control' || clean.class === 'protection-setting'
  return { id, severity: grave ? definition.graver : definition.severity, category: definition.category, text, fields: clean }
}

const sorted = new Map<EventId, readonly FieldName[]>()
/** In the order of their characters: the journal's canonical JSON then needs no sorting. */
function sortedFields(id: EventId): readonly FieldName[] {
  const known = sorted.get(id) ?? [...catalogue[id].fields].sort()
  sorted.set(id, known)
  return known
}

function harmless(text: string): string {
  const shown = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\x${(c.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}`)
  return shown.length > MAX_FIELD_CHARACTERS ? `${shown.slice(0, MAX_FIELD_CHARACTERS - 1)}…` : shown
}
