import type { AccessLevels } from './acl.ts'

declare const role: unique symbol
/** The one role in a client's certificate: 1–64 characters, compared byte for byte (MB-TCP-Security-v36, R-65). */
export type Role = string & { readonly [role]: true }
export const toRole = (text: string): Role | undefined =>
  text.length >= 1 && text.length <= 64 && !/\p{Cc}/u.test(text) ? (text as Role) : undefined

declare const connectionId: unique symbol
/** One connection of a client, from its accept to its end; never given twice in a run. */
export type ConnectionId = number & { readonly [connectionId]: true }
export const toConnectionId = (n: number): ConnectionId => n as ConnectionId

/** Who asks. `NULL` is the role of a certificate without one. The gateway's own polls may only monitor. */
export type Subject =
  | {
      readonly kind: 'client'
      readonly name: string
      readonly role: Role | 'NULL'
      readonly source: string
      /** The most that its address gets, by breaker. */
      readonly levels: AccessLevels
      readonly connection: ConnectionId
    }
  | { readonly kind: 'gateway' }
  /** A person who opens a breaker in an emergency, by the pages or the command line. */
  | { readonly kind: 'emergency'; readonly name: string; readonly source: string; readonly connection: ConnectionId }

/** One client for everything that is shared out: all connections of one certificate from one address (in the clear: of one address). */
export const clientOf = (subject: Exclude<Subject, { kind: 'gateway' }>): string => `${subject.name} ${subject.source.replace(/:\d+$/, '')}`

export const subjectName = (subject: Subject): string => (subject.kind === 'gateway' ? 'gateway' : subject.name)
export const subjectRole = (subject: Subject): string => (subject.kind === 'client' ? subject.role : subject.kind)
export const subjectSource = (subject: Subject): string => (subject.kind === 'gateway' ? 'here' : subject.source)
