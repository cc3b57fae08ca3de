import { z } from 'zod'
import type { GrantView, LockView, MasterLockView, Scope, TagView } from './control.ts'
import type { FaultView, SinkView } from './journal.ts'

/** What the API and its clients agree on. The command line knows the gateway by this file only. */
export * from './control.ts'
export * from './journal.ts'
export * from './login.ts'

export type BreakerView = {
  readonly name: string
  readonly label: string
  readonly unit: number
  readonly bus: string
  readonly family: string
  readonly state: 'open' | 'closed' | 'tripped' | 'unknown'
  readonly stateAgeMs: number | 'never'
  /** When it was first seen in this state; empty while nothing has been seen. */
  readonly stateSince: string
  /** Whether it was seen to get there; otherwise it may have been so for longer. */
  readonly stateWatched: boolean
  readonly reachable: 'yes' | 'no' | 'not-tried'
  readonly currents: readonly number[]
  readonly locks: Readonly<Record<Scope, LockView>>
  readonly mode: 'enforce' | 'observe'
  readonly tags: readonly TagView[]
  /** Jobs of a group lock-out that hold it. */
  readonly jobs: readonly string[]
  readonly emergencyOpen: boolean
  /** Key switches that bar it now. */
  readonly keySwitches: readonly string[]
  /** Replies that were thrown away, by what was wrong with them. */
  readonly discarded: Readonly<Partial<Record<string, number>>>
}

/** Figures of one bus; `busy`, `sharing` and `answersPerSecond` are of the last ten seconds. */
export type BusView = {
  readonly name: string
  readonly port: string
  readonly up: boolean
  /** What slows it; empty when nothing does. */
  readonly warning: string
  /** Of its time, 0–1. */
  readonly busy: number
  /** Answers to clients for each transaction on the wire. */
  readonly sharing: number
  readonly answersPerSecond: number
  readonly answers: number
  readonly transactions: number
  /** Requests that wait for their turn or their answer. */
  readonly waiting: number
  /** The slowest unit's response time that 99 of 100 replies kept to, milliseconds; 0 before the first reply. */
  readonly p99Ms: number
}

/** What was counted of one unit since the gateway started; times in milliseconds. */
export type UnitView = {
  readonly breaker: string
  readonly bus: string
  readonly unit: number
  readonly state: 'answering' | 'silent'
  readonly transactions: number
  readonly replies: number
  readonly exceptions: number
  readonly timeouts: number
  readonly crcErrors: number
  readonly late: number
  readonly discarded: number
  readonly retries: number
  /** Answered 0B without asking, since the unit was silent. */
  readonly backedOff: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of the bus's time in the last ten seconds, 0–1. */
  readonly busShare: number
}
/** One frame of a capture, a line of JSON each; `lost` frames came faster than they were fetched. Passwords in it are 0. */
export type PacketView =
  | {
      readonly utcUs: number
      readonly side: 'client' | 'device'
      readonly direction: 'request' | 'reply'
      readonly framing: 'mbap' | 'rtu'
      /** Address and port of the other end, or the name of a serial bus. */
      readonly peer: string
      readonly hex: string
      readonly comment: string
    }
  | { readonly lost: number }
/** What `breakwall services` found on one Ethernet interface; `open` in words. */
export type ServicesView = readonly {
  readonly bus: string
  readonly host: string
  readonly looked: readonly number[]
  readonly open: readonly string[]
}[]
export type BusesView = { readonly buses: readonly BusView[]; readonly units: readonly UnitView[] }

/** What `breakwall probe` was asked, in the words of the command line. */
export type ProbeAsked = {
  readonly place: string
  readonly units: string
  readonly baud: string
  readonly format: string
  readonly timeout: string
  readonly json: boolean
}

export const passwordLevels = ['operator', 'engineer', 'services', 'administrator'] as const
/** The password itself is judged by the vault: its rule is the breaker's. */
export const vaultSetBody = z.strictObject({ breaker: z.string().min(1), level: z.enum(passwordLevels), password: z.string().max(64) })
export const vaultRemoveBody = z.strictObject({ breaker: z.string().min(1), level: z.enum(passwordLevels) })

/** What the vault holds: whose passwords, since when. Never a password. */
export type VaultView = {
  readonly closed: string
  readonly entries: readonly { readonly breaker: string; readonly level: string; readonly changed: string; readonly factory: boolean }[]
}

/** A key switch or selector at the switchboard. Only `closed` bars nothing. */
export type KeySwitchView = {
  readonly name: string
  /** Which breakers; empty: all of them. */
  readonly breakers: readonly string[]
  readonly state: 'closed' | 'open' | 'broken'
  readonly why: string
  readonly since: string
}
/** A client that is connected now. */
export type ClientView = {
  readonly name: string
  readonly role: string
  readonly source: string
  readonly listener: string
  readonly connections: number
}
/** What a page has to know to offer an unlock that will be granted. */
export type UnlockRules = { readonly longestSeconds: number; readonly shiftEndSeconds: number | 'not-set' }
/** One breaker with what stands before all of them: what a page at the switchboard lives on. */
export type BreakerLive = {
  readonly site: string
  readonly breaker: BreakerView
  readonly masterLock: MasterLockView
  readonly unlock: UnlockRules
  readonly faults: StatusView['faults']
}

export type StatusView = {
  readonly site: string
  readonly version: string
  readonly configuration: string
  /** Where the pages are; empty: there are none. */
  readonly pages: string
  readonly listeners: readonly {
    readonly name: string
    readonly address: string
    /** In words; `security` is the value. */
    readonly kind: string
    readonly security: 'tls' | 'clear-text'
    readonly connections: number
  }[]
  readonly clients: readonly ClientView[]
  readonly keySwitches: readonly KeySwitchView[]
  readonly masterLock: MasterLockView
  /** Requests that wait for an answer, and grants in force. */
  readonly grants: readonly GrantView[]
  readonly unlock: UnlockRules
  readonly buses: readonly BusView[]
  readonly breakers: readonly BreakerView[]
  /** `closed` says why the vault cannot be read; empty when it can. `factory`: breakers that still have a password that everybody knows. */
  readonly vault: { readonly closed: string; readonly factory: readonly string[] }
  /** Certificates that end within 60 days, or have ended. */
  readonly certificates: readonly { readonly name: string; readonly where: string; readonly daysLeft: number }[]
  readonly journal: {
    readonly file: string
    readonly seq: number
    readonly hash: string
    readonly bytes: number
    readonly freeBytes: number
    /** When the chain was walked last and what came out, in words; empty before the first time. */
    readonly verified: string
    /** The value of it. */
    readonly verification: 'never' | 'whole' | 'broken' | 'unreadable'
    /** Fingerprint of the key of checkpoints; empty without one. */
    readonly key: string
  }
  readonly sinks: readonly SinkView[]
  /** Parts that cannot be trusted now: as long as there is one, every operation is denied. */
  readonly faults: readonly FaultView[]
}

export type Refusal = { readonly error: string; readonly hint: string; readonly withoutLogin?: 'enough' }

type Written = { readonly from: number; readonly to: number; readonly class: string; readonly words: string; readonly source: string }

/** A profile as the command line shows it. */
export type ProfileView = {
  readonly name: string
  readonly family: string
  readonly interface: string
  readonly warning: string
  /** Where the state is read; empty when there is none. */
  readonly status: string
  readonly commands: readonly {
    readonly code: number
    readonly class: string
    readonly words: string
    readonly lengths: readonly number[]
    readonly destinations: readonly number[]
    readonly security: number
    readonly passwords: readonly string[]
    readonly source: string
  }[]
  readonly writable: readonly Written[]
  readonly coils: readonly Written[]
  readonly functions: readonly { readonly name: string; readonly class: string; readonly source: string }[]
  readonly readable: readonly { readonly from: number; readonly to: number; readonly words: string; readonly source: string }[]
}

/** Where the site's authority is kept, and what opens its key; empty where it is in the clear. */
export type PkiDesk = { readonly folder: string; readonly passphrase: string }
export type CertificateOrder = {
  readonly name: string
  /** The one role of a client; empty for none. */
  readonly role: string
  /** Names and addresses of a server; empty for a client. */
  readonly hosts: readonly string[]
  readonly days: number
  readonly rsa: boolean
  /** A PKCS#12 bundle too, under a passphrase that is shown once. */
  readonly bundle: BundleChoice
  /** A request whose key was made elsewhere; empty where the key is made here. */
  readonly csrFile: string
}
/** `3des-sha1`: the older form, for Windows Server 2016 and 2012 R2. */
export type BundleChoice = 'none' | 'aes-256' | '3des-sha1'
export type PkiAnswer<T> =
  { readonly kind: 'done'; readonly value: T } | { readonly kind: 'failed'; readonly why: string; readonly hint: string }
export type IssuedView = {
  readonly certificateFile: string
  readonly keyFile: string
  readonly bundleFile: string
  readonly serial: string
  readonly expires: string
  readonly bundlePassphrase?: string
}
export type PublishedView = { readonly file: string; readonly revoked: number; readonly next: string }
export type IssuedList = {
  readonly issued: readonly {
    readonly name: string
    readonly role: string
    readonly hosts: readonly string[]
    readonly serial: string
    readonly fingerprint: string
    readonly expires: string
    /** When and why; empty when it is not. */
    readonly revoked: string
  }[]
}

/** The authority's desk, worked on files: it needs no running gateway. */
export type PkiCommands = {
  needsPassphrase(folder: string): boolean
  init(desk: PkiDesk, site: string, rsa: boolean): Promise<PkiAnswer<IssuedView>>
  issue(desk: PkiDesk, order: CertificateOrder): Promise<PkiAnswer<IssuedView>>
  renew(desk: PkiDesk, name: string, days: number, bundle: BundleChoice): Promise<PkiAnswer<IssuedView>>
  revoke(desk: PkiDesk, which: string, reason: string): Promise<PkiAnswer<PublishedView>>
  publish(desk: PkiDesk, days: number): Promise<PkiAnswer<PublishedView>>
  rotate(desk: PkiDesk, rsa: boolean): Promise<PkiAnswer<IssuedView>>
  retire(desk: PkiDesk, force: boolean): Promise<PkiAnswer<{ readonly roots: number }>>
  request(folder: string, name: string, rsa: boolean): Promise<PkiAnswer<{ readonly requestFile: string; readonly keyFile: string }>>
  importCertificate(
    folder: string,
    certificate: string,
    authorities: string,
  ): PkiAnswer<{ readonly certificateFile: string; readonly keyFile: string; readonly authoritiesFile: string }>
  list(folder: string): PkiAnswer<IssuedList>
}

/** A certificate that the gateway has in its files, or that a client or device has shown. */
export type CertificateView = {
  readonly name: string
  readonly kind: string
  readonly role: string
  readonly where: string
  readonly serial: string
  readonly fingerprint: string
  readonly expires: string
  readonly daysLeft: number
  /** When it was shown last; empty for one in a file, and for one that never was. */
  readonly lastSeen: string
}
/** Which entry of the access control list wins for an address, on one listener. */
export type AclView = {
  readonly listener: string
  readonly usual: AclEntryView | 'not-listed'
  readonly of: readonly (AclEntryView & { readonly breaker: string })[]
}
export type AclEntryView = { readonly from: string; readonly level: string; readonly line: number }

const userName = z.string().min(1).max(64)
/** Passwords are judged by the gateway's policy; here they have an end. */
const secret = z.string().min(1).max(1024)
const ticket = z.string().min(1).max(128)
const webauthn = z.record(z.string(), z.unknown())
export const loginBody = z.strictObject({ name: userName, password: secret })
export const pinLoginBody = z.strictObject({ name: userName, pin: z.string().max(16) })
export const codeBody = z.strictObject({ ticket, code: z.string().max(16) })
export const ticketBody = z.strictObject({ ticket })
export const passkeyProofBody = z.strictObject({ ticket, response: webauthn })
export const passkeyBody = z.strictObject({ name: z.string().max(40).default(''), response: webauthn })
export const passwordBody = z.strictObject({ old: secret, fresh: secret })
export const pinBody = z.strictObject({ pin: z.string().max(16) })
export const confirmBody = z.strictObject({ code: z.string().max(16) })
export const factorBody = z.strictObject({ factor: z.string().max(512) })
export const setupBody = z.strictObject({ code: z.string().max(64), name: userName, password: secret })
export const userBody = z.strictObject({ name: userName, role: z.string().min(1).max(64) })
export const userActionBody = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('role'), role: z.string().min(1).max(64) }),
  z.strictObject({ action: z.enum(['disable', 'enable', 'reset', 'remove']) }),
])
export const serviceBody = z.strictObject({
  name: userName,
  scope: z.array(z.string().max(32)).max(16),
  enrols: z.string().max(64).default(''),
  days: z.int(),
})

export type LoginView =
  | { readonly kind: 'second-factor'; readonly ticket: string; readonly methods: readonly ('code' | 'passkey')[] }
  | {
      readonly kind: 'logged-in'
      readonly token: string
      readonly name: string
      readonly role: string
      /** What has to be done before anything else: `nothing`, `change-password` or `second-factor`. */
      readonly pending: string
      readonly passwordDaysLeft: number | 'never'
    }
export type MeView =
  | {
      readonly kind: 'person'
      readonly name: string
      readonly role: string
      readonly pending: string
      readonly may: readonly string[]
      readonly totp: boolean
      readonly passkeys: readonly { readonly id: string; readonly name: string; readonly added: string }[]
      readonly secondFactor: boolean
      readonly session: string
    }
  | { readonly kind: 'system' | 'service'; readonly name: string; readonly may: readonly string[] }
  | { readonly kind: 'nobody'; readonly why: string }
export type UserView = {
  readonly name: string
  readonly role: string
  readonly roleIsKnown: boolean
  readonly state: string
  readonly lastLogin: string
  readonly passwordSet: string
  readonly mustChange: boolean
  readonly secondFactor: boolean
  readonly pin: boolean
}
/** A user with the first password, which is shown this once. */
export type CreatedView = { readonly name: string; readonly role: string; readonly password: string }
export type SessionView = {
  readonly id: string
  readonly user: string
  readonly source: string
  readonly via: string
  readonly ageSeconds: number
  readonly idleSeconds: number
}
export type ServiceView = {
  readonly name: string
  readonly scope: readonly string[]
  readonly enrols: string
  readonly createdBy: string
  readonly until: string
  readonly lastUsed: string
}

export const aclQuery = z.strictObject({ address: z.union([z.ipv4(), z.ipv6()], 'expected an address, such as 10.20.0.17') })
export type ReloadedView = { readonly configuration: string; readonly changed: string }
/** What every role may ask of breakers, and do with the gateway. */
export type MatrixView = {
  readonly groups: readonly {
    readonly breakers: readonly string[]
    readonly rows: readonly {
      readonly role: string
      readonly class: string
      readonly level: string
      readonly lock: string
      readonly mode: string
      readonly verdict: string
    }[]
  }[]
  readonly manage: readonly { readonly role: string; readonly may: readonly string[] }[]
}
