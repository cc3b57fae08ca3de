import type { X509Certificate } from 'node:crypto'
import type { LevelLimit, Role } from '../policy/index.ts'

/** A client's certificate, with those that it sent beside it in this handshake or that an earlier one of the same listener brought. */
export type Peer = { readonly certificate: X509Certificate; readonly chain: readonly X509Certificate[] }

/** Who a certificate stands for at this moment. */
export type Judged =
  | {
      readonly kind: 'known'
      readonly name: string
      readonly role: Role | 'NULL'
      /** The most that it can get, whatever its address. */
      readonly limit: LevelLimit
      /** The authorities between the certificate and its trust anchor: a resumed session does not bring them again. */
      readonly between: readonly X509Certificate[]
    }
  | { readonly kind: 'refused'; readonly event: 'tls-handshake-failed' | 'role-invalid'; readonly name: string; readonly reason: string }
