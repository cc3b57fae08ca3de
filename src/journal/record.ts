import type { EventRecord } from '../events/index.ts'
import { isoUs } from '../platform/index.ts'
import { bodyOf } from './chain.ts'

/** A stored body as the rest of the gateway sees it. */
export function toRecord(text: string): EventRecord {
  const body = bodyOf(text)
  if (body === 'no-body') throw new Error('a record of the journal cannot be read: breakwall verify')
  const { utcUs, seq, boot, gateway, id, severity, category, text: words, fields } = body
  return { seq, time: isoUs(utcUs), boot, gateway, id, severity, category, text: words, fields }
}
