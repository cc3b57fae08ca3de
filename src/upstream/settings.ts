import type { Role } from '../policy/index.ts'

/** How many may come, how fast, and how long they may stay silent. */
export type ListenerLimits = {
  readonly connections: number
  readonly connectionsPerAddress: number
  /** New connections of one address, a second; at once as many, or as it may have. */
  readonly handshakesPerSecond: number
  readonly idleMs: number
}

export type KeyPairFiles = { readonly certificateFile: string; readonly keyFile: string }

/** What clients get whose authority has no current revocation list: no connection, reading, or what they would get with one. */
export type StalePolicy = 'refuse' | 'read' | 'admit'

export type TlsFiles = {
  readonly kind: 'tls'
  /** One pair, or an EC and an RSA one: each client gets the one that it can use (MB-TCP-Security-v36, R-14, R-62). */
  readonly pairs: readonly KeyPairFiles[]
  readonly clientsFile: string
  readonly revocationFiles: readonly string[]
  readonly stale: StalePolicy
  readonly handshakeMs: number
}

export type ListenerSettings = {
  readonly name: string
  readonly host: string
  readonly port: number
  /** Requests of one connection that are worked on at a time, 1–16. */
  readonly inFlight: number
  readonly limits: ListenerLimits
  /** In the clear everybody has the one role, and reads at most. */
  readonly security: TlsFiles | { readonly kind: 'clear-text'; readonly role: Role }
}

/** PEM texts: the own pairs with their chains down to the root, and the authorities of clients. */
export type Credentials = { readonly pairs: readonly { readonly certificate: string; readonly key: string }[]; readonly clients: string }
