/** Every field that an event may carry, with its type. An event's own fields are named in the catalogue. */
export type FieldTypes = {
  readonly subject: string
  readonly role: string
  readonly source: string
  readonly listener: string
  readonly breaker: string
  readonly bus: string
  readonly unit: number
  /** Operation class, such as `control`. */
  readonly class: string
  /** What was asked, in words. */
  readonly operation: string
  readonly functionCode: number
  readonly outcome: string
  readonly reason: string
  /** The same for a request, its decision and its outcome. */
  readonly correlation: string
  readonly scope: string
  /** Whom something was done to, where `subject` did it. */
  readonly user: string
  /** How somebody came in, such as `console`. */
  readonly via: string
  readonly until: string
  readonly answer: string
  readonly firstBytes: string
  readonly durationMs: number
  readonly requests: number
  readonly version: string
  readonly configuration: string
  readonly openOperations: number
  readonly sink: string
  /** A function with its sub-function or MEI type, such as `8/19` or `43/13`. */
  readonly function: string
  /** The id of another event. */
  readonly event: string
  readonly count: number
  readonly days: number
  /** Where a certificate is used, such as `listener scada`. */
  readonly where: string
  readonly seconds: number
  /** Password profile of a breaker, such as `operator`. Never a password. */
  readonly level: string
}
export type FieldName = keyof FieldTypes
export type FieldValue = string | number
