import { type EventRecord, type FieldValue, event } from '../../events/index.ts'
import type { Journal } from '../../journal/index.ts'

/** How the run before this one ended. */
export type Before = 'first start' | 'a clean stop' | 'a crash' | 'a damaged journal'

/** Says what the end of the previous run left open: each allowed operation without an outcome becomes one of unknown outcome. */
export async function recover(journal: Journal, last: EventRecord | 'none', replaced: boolean): Promise<Before> {
  const open = await journal.openOperations()
  const crashed = last !== 'none' && last.id !== 'gateway-stopped'
  if (crashed) journal.note(event('gateway-crash-recovered', { openOperations: open.length }))
  for (const { fields } of open) {
    const text = (value: FieldValue | undefined): string => String(value ?? '')
    journal.note(
      event('operation-outcome-unknown', {
        subject: text(fields.subject),
        role: text(fields.role),
        source: text(fields.source),
        breaker: text(fields.breaker),
        bus: text(fields.bus),
        unit: Number(fields.unit),
        class: text(fields.class),
        operation: text(fields.operation),
        functionCode: Number(fields.functionCode),
        correlation: text(fields.correlation),
        outcome: 'unknown',
        reason: 'the gateway ended between the permit and the outcome',
      }),
    )
  }
  if (replaced) return 'a damaged journal'
  if (last === 'none') return 'first start'
  return crashed ? 'a crash' : 'a clean stop'
}
