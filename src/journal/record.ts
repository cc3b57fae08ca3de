import type { EventRecord } from '../events/index.ts'
import { isoUs } from '../platform/index.ts'
import type { Body } from './chain.ts'

/** A stored body as the rest of the gateway sees it. */
export function toRecord(text: string): EventRecord {
  const { utcUs, seq, boot, gateway, id, severity, category, text: words, fields } = JSON.parse(text) as Body
  return { seq, time: isoUs(utcUs), boot, gateway, id, severity, category, text: words, fields }
}
