import { classify, describeOperation } from '../../src/breakers/index.ts'
import { profileFolder, profileNames } from '../../src/config/index.ts'
import { toMonotonic } from '../../src/platform/index.ts'
import { type LockState, decide, noGuardInputs, noRestrictions, toConnectionId, toRole } from '../../src/policy/index.ts'
import { commandOf, profileOf } from './requests.ts'
import { everywhere, usualRights } from './rights.ts'

const locked: LockState = { kind: 'locked', by: { kind: 'default' }, sinceUtcUs: 0 }
const unlocked: LockState = { kind: 'unlocked', by: 'ana', reason: 'test', workOrder: '', until: toMonotonic(2), untilUtcUs: 0 }
const columns = [...usualRights.keys()].flatMap((role) => [
  { role, lock: locked, shown: `${role}, locked` },
  { role, lock: unlocked, shown: `${role}, unlocked` },
])

/** Every command of every profile with what it means and what each role gets, locked and unlocked: test/golden/commands.txt. */
export function operationMatrix(): string {
  const lines = profileNames([profileFolder]).flatMap((name) => {
    const profile = profileOf(name)
    return profile.commands.map((command) => {
      const length = command.lengths[0] ?? 10
      const request = commandOf(command.code, length, command.destinations[0] ?? 0, command.security)
      const operation = classify(request, profile)
      const verdicts = columns.map(({ role, lock }) => {
        const verdict = decide({
          subject: {
            kind: 'client',
            name: 'x',
            role: toRole(role) ?? 'NULL',
            source: 'here',
            levels: everywhere('control'),
            connection: toConnectionId(1),
          },
          operation,
          breaker: 'Q1',
          rights: usualRights,
          locks: { control: lock, 'protection-setting': lock, 'other-setting': lock },
          restrictions: noRestrictions,
          guardInputs: noGuardInputs,
          recheck: false,
          trusted: true,
          now: toMonotonic(1),
        })
        return verdict.kind === 'allow' ? `allow${verdict.record === 'none' ? '' : ' recorded'}` : verdict.reason
      })
      return [name, String(command.code), operation.class, ...verdicts, describeOperation(operation, 'Q1')].join(' | ')
    })
  })
  const head = ['profile', 'code', 'class', ...columns.map(({ shown }) => shown), 'words']
  return `${[head.join(' | '), ...lines].join('\n')}\n`
}
