import { type Operation, type PasswordLevel, describeOperation } from '../../breakers/index.ts'
import { type SecurityEvent, event } from '../../events/index.ts'
import { functionCodeOf } from '../../modbus/index.ts'
import type { Clock, Monotonic, Random } from '../../platform/index.ts'
import { subjectName, subjectRole, subjectSource } from '../../policy/index.ts'
import type { IncomingRequest } from '../../upstream/index.ts'
import type { Journal } from '../../journal/index.ts'
import type { KnownSources } from './known-sources.ts'

/** Everything that the events about one request have in common. */
export type OperationContext = {
  readonly asked: IncomingRequest
  readonly breaker: { readonly name: string; readonly bus: string; readonly unit: number }
  readonly operation: Operation
  readonly correlation: string
  /** The first operation that was ever asked for from this address. */
  readonly first: boolean
  readonly since: Monotonic
}

type OperationPorts = { readonly random: Random; readonly clock: Clock; readonly knownSources: KnownSources }

/** Opens the story of one request. Only an operation that will be recorded needs a name that is like no other. */
export function startOperation(
  asked: IncomingRequest,
  breaker: OperationContext['breaker'],
  operation: Operation,
  ports: OperationPorts,
): OperationContext {
  const monitors = operation.class === 'monitor'
  const correlation = monitors ? '' : ports.random.uuid()
  const first = !monitors && ports.knownSources.firstFrom(subjectSource(asked.subject))
  return { asked, breaker, operation, correlation, first, since: ports.clock.now() }
}

/** The fields that a request, its decision and its outcome share. */
export function eventFields({ asked, breaker, operation, correlation }: OperationContext) {
  return {
    subject: subjectName(asked.subject),
    role: subjectRole(asked.subject),
    source: subjectSource(asked.subject),
    breaker: breaker.name,
    bus: breaker.bus,
    unit: breaker.unit,
    class: operation.class,
    operation: describeOperation(operation, breaker.name),
    functionCode: functionCodeOf(operation.request),
    correlation,
  }
}

export const allowed = (context: OperationContext): SecurityEvent =>
  event('operation-allowed', { ...eventFields(context), outcome: 'allowed' })

type PasswordOf = (level: PasswordLevel) => string | undefined
type VaultWatch = { readonly passwordOf: PasswordOf; level(): string }
const untouched: VaultWatch = { passwordOf: () => undefined, level: () => '' }

/** The vault, and which of its passwords was taken out of it. */
export function watchVault(operation: Operation, passwordOf: PasswordOf): VaultWatch {
  if (operation.command === 'none') return untouched // no command, no password: a read costs nothing here
  let taken = ''
  return {
    passwordOf(level) {
      const password = passwordOf(level)
      if (password !== undefined) taken = level
      return password
    },
    level: () => taken,
  }
}

/** Each use of a password is on record, without it. */
export function noteVaultUse({ asked, breaker, correlation }: OperationContext, level: string, journal: Pick<Journal, 'note'>): void {
  if (level === '') return
  const fields = { subject: subjectName(asked.subject), breaker: breaker.name, level, correlation }
  journal.note(event('vault-used', fields))
}
