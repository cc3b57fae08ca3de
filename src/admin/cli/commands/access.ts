import type { AclEntryView, AclView, MatrixView, ReloadedView } from '../../contract/index.ts'
import { call } from '../client.ts'
import { type Common, type Parts, exitCode, print } from '../parts.ts'
import { table } from '../text/table.ts'

/** `breakwall acl`, `access` and `reload`: who may come, who may do what, and putting the file in force. */
export function access({ add, group, offline, terminal, finish }: Parts): void {
  const { command } = group('acl', 'the access control list')
  command('test <address>', 'which entry wins for an address, on each listener and for each breaker that entries name')
    .option('--config <file>', 'ask a file in place of the running gateway')
    .action(async (address: string, { json, api, config }: Common & { config?: string }) => {
      const path = `/v1/acl?address=${encodeURIComponent(address)}`
      const found =
        config === undefined ? await call<readonly AclView[]>(terminal.findSocket(api), 'GET', path) : offline.aclTest(config, address)
      if (found.kind !== 'ok') return finish(print(found, json, () => '', terminal))
      print(found, json, (views) => aclText(address, views), terminal)
      finish(found.value.some((view) => levels(view).some((level) => level !== 'none')) ? exitCode.done : exitCode.refused)
    })
  add('access', 'what each role may ask of breakers, and do with the gateway')
    .option('--matrix', 'every role, class, level and lock, one a line', false)
    .option('--config <file>', 'ask a file in place of the running gateway')
    .action(async ({ json, api, matrix, config }: Common & { matrix: boolean; config?: string }) => {
      const found = config === undefined ? await call<MatrixView>(terminal.findSocket(api), 'GET', '/v1/access') : offline.access(config)
      finish(print(found, json, matrix ? matrixText : accessText, terminal))
    })
  add('reload', 'put the changed configuration in force as a whole, or say why it stays as it is').action(async ({ json, api }: Common) => {
    const done = await call<ReloadedView>(terminal.findSocket(api), 'POST', '/v1/reload', {})
    finish(print(done, json, ({ configuration, changed }) => `configuration ${configuration} is in force: ${changed}`, terminal))
  })
}

const levels = ({ usual, of }: AclView): string[] => [...(usual === 'not-listed' ? [] : [usual.level]), ...of.map(({ level }) => level)]
const entryWords = ({ level, from, line }: AclEntryView): string => `${level}, by ${from} (line ${line})`

function aclText(address: string, views: readonly AclView[]): string {
  return views
    .flatMap(({ listener, usual, of }) => [
      `${address} on listener ${listener}: ${usual === 'not-listed' ? 'not listed, refused before TLS' : entryWords(usual)}`,
      ...of.map(({ breaker, ...entry }) => `  breaker ${breaker}: ${entryWords(entry)}`),
    ])
    .join('\n')
}

function matrixText({ groups }: MatrixView): string {
  return groups
    .map(({ breakers, rows }) =>
      [
        `breakers ${breakers.join(', ')}`,
        table([
          ['Role', 'Class', 'Level', 'Lock', 'Mode', 'Verdict'],
          ...rows.map(({ role, class: one, level, lock, mode, verdict }) => [role, one, level, lock, mode, verdict]),
        ]),
      ].join('\n'),
    )
    .join('\n\n')
}

/** Per role and class what a source with the level control gets, locked and unlocked. */
function accessText({ groups, manage }: MatrixView): string {
  const parts = groups.map(({ breakers, rows }) => {
    const roles = [...new Set(rows.map(({ role }) => role))]
    const classes = [...new Set(rows.map((row) => row.class))]
    const cell = (role: string, one: string): string => {
      const of = (lock: string) =>
        rows.find((row) => row.role === role && row.class === one && row.level === 'control' && row.lock === lock)?.verdict ?? ''
      if (of('locked').startsWith('allow')) return 'yes'
      return of('unlocked').startsWith('allow') ? 'unlocked' : '-'
    }
    return `breakers ${breakers.join(', ')}\n${table([['Class', ...roles], ...classes.map((one) => [one, ...roles.map((role) => cell(role, one))])])}`
  })
  return [...parts, table([['Role', 'May do with the gateway'], ...manage.map(({ role, may }) => [role, may.join(', ') || '-'])])].join(
    '\n\n',
  )
}
