export { type Category, type Severity, catalogue } from './catalogue.ts'
export { type EventId, type EventRecord, type FieldsOf, type RecordId, type SecurityEvent, event, toRecordId } from './event.ts'
export type { FieldName, FieldValue } from './fields.ts'
