import type { Journal } from '../../journal/index.ts'
import { toAddress } from '../../modbus/index.ts'
import { type Cancel, type Clock, isoUs } from '../../platform/index.ts'
import { type LockState, type Rights, decide, noGuardInputs, noRestrictions, toConnectionId, toRole } from '../../policy/index.ts'
import type { FailClosed } from './fail-closed.ts'

/** How often it is repeated, milliseconds: a machine without a battery for its clock denies no longer than its time service needs. */
const EVERY_MS = 30_000
/** No gateway was there before: a clock that shows less has lost its battery and no time service yet. Microseconds since 1970. */
const FIRST_RELEASE_US = Date.UTC(2026, 0, 1) * 1000

export type SelfTestPorts = {
  readonly failClosed: FailClosed
  readonly journal: Pick<Journal, 'signing'>
  readonly clock: Clock
  readonly rights: () => Rights
}

/** Looks at start and then every half a minute whether key store, clock and policy are as they must be. */
export function startSelfTest(ports: SelfTestPorts): Cancel {
  const { clock } = ports
  let cancel: Cancel = () => undefined
  const again = (): void => {
    look(ports)
    cancel = clock.after(EVERY_MS, again)
  }
  again()
  return () => cancel()
}

/**
 * The key with which the journal vouches for its events and states. It is looked at again whenever the journal has written: one that is
 * opened late may have found no key that can be used, and no operation may pass before that is known.
 */
export function checkKeyStore({ failClosed, journal }: Pick<SelfTestPorts, 'failClosed' | 'journal'>): void {
  const { key, keyFault } = journal.signing()
  if (keyFault !== '') failClosed.fails('key store', `checkpoints cannot be signed: ${keyFault}`, 'by a self-test')
  else if (key === '') failClosed.fails('key store', 'the journal has no key yet: it is not open', 'by a self-test')
  else failClosed.works('key store')
}

function look({ failClosed, journal, clock, rights }: SelfTestPorts): void {
  checkKeyStore({ failClosed, journal })
  if (clock.utcUs() < FIRST_RELEASE_US) failClosed.fails('clock', `it shows ${isoUs(clock.utcUs())}`, 'by a self-test')
  else failClosed.works('clock')
  const wrong = wrongPolicy(rights(), clock)
  if (wrong !== undefined) failClosed.fails('policy', wrong, 'by a self-test')
  else failClosed.works('policy')
}

/** What must be denied under any configuration: an operation on a locked breaker, and one of an address that may only read. */
function wrongPolicy(rights: Rights, clock: Clock): string | undefined {
  const address = toAddress(0)
  if (address === undefined) throw new Error('0 is an address')
  const locked: LockState = { kind: 'locked', by: { kind: 'default' }, sinceUtcUs: 0 }
  const open: LockState = {
    kind: 'unlocked',
    by: '',
    reason: '',
    workOrder: '',
    until: (clock.now() + 1) as ReturnType<Clock['now']>,
    untilUtcUs: 0,
  }
  const request = { kind: 'write-single-register', address, value: 0 } as const
  for (const role of rights.keys())
    for (const [lock, usual] of [
      [locked, 'control'],
      [open, 'read'],
    ] as const) {
      const verdict = decide({
        subject: {
          kind: 'client',
          name: 'self-test',
          source: '',
          connection: toConnectionId(0),
          role: toRole(role) ?? 'NULL',
          levels: { usual, of: new Map(), limit: { kind: 'none' } },
        },
        operation: { class: 'control', words: 'self-test', request, command: 'none' },
        restrictions: noRestrictions,
        guardInputs: noGuardInputs,
        recheck: false,
        breaker: '',
        rights,
        trusted: true,
        now: clock.now(),
        locks: { control: lock, 'protection-setting': lock, 'other-setting': lock },
      })
      if (verdict.kind === 'allow') return `an operation passes that must not: role ${role}, ${lock.kind}, ${usual}`
    }
  return undefined
}
