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
  /** The number of the work order, as whoever asked has typed it. */
  readonly workOrder: string
  /** A personal tag. */
  readonly tag: string
  /** A job of a group lock-out. */
  readonly job: string
  readonly grant: string
  /** A key switch or selector at the switchboard. */
  readonly switch: string
  /** The guard of the site that did not agree. */
  readonly guard: string
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
  /** `enforce`: what is refused does not pass. */
  readonly mode: string
  /** Journal, chain, stored states, key store, clock or policy. */
  readonly part: string
  readonly from: string
  readonly fromSeq: number
  readonly toSeq: number
  /** The number of the last event that a checkpoint covers, or that an old journal had. */
  readonly upTo: number
  /** Hash of the chain, hexadecimal. */
  readonly head: string
  /** Hash of the last event that retention removed, hexadecimal. */
  readonly root: string
  /** Ed25519, base64. */
  readonly signature: string
  /** Fingerprint of a public key. */
  readonly key: string
  readonly format: string
  readonly file: string
  readonly megabytes: number
  /** Where a sink delivers, such as `relp+tls 10.40.0.9:2514`. */
  readonly receiver: string
  readonly uptimeSeconds: number
  readonly events: number
  readonly denied: number
  readonly operations: number
  /** Events that a sink has still to get. */
  readonly lag: number
  /** `expected` where an operation here has caused it, else `unexpected`. */
  readonly expected: string
  /** Who was connected. */
  readonly connected: string
  /** `inside`, `outside`, or `not set`: the site's working hours. */
  readonly hours: string
  /** `yes` for the first operation that this address ever asked for. */
  readonly firstFromHere: string
  /** A register, coil or command of the breaker. */
  readonly setting: string
  readonly old: string
  readonly new: string
  /** Where a certificate is used, such as `listener scada`. */
  readonly where: string
  readonly seconds: number
  readonly otherBus: string
  /** What a bus is connected to: `10.30.0.11:502`, or a serial device. */
  readonly address: string
  /** Password profile of a breaker, such as `operator`. Never a password. */
  readonly level: string
}
export type FieldName = keyof FieldTypes
export type FieldValue = string | number
