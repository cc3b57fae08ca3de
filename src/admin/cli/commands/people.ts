import type { CreatedView, ServiceView, SessionView, UserView } from '../../contract/index.ts'
import { call } from '../client.ts'
import { type Common, type Parts, print } from '../parts.ts'
import { table } from '../text/table.ts'

/** `breakwall user`, `session` and `token`: for whoever manages the users. */
export function people(parts: Parts): void {
  users(parts)
  sessions(parts)
  tokens(parts)
}

const moment = (iso: string): string => (iso === '' ? 'never' : iso.slice(0, 16).replace('T', ' '))
const firstPassword = ({ name, role, password }: CreatedView): string =>
  `${name}, ${role}\nfirst password: ${password}   (shown this once; it must be changed at the first log-in)`

function users({ group, terminal, finish }: Parts): void {
  const { command } = group('user', 'who may log in, and as what')
  command('list', 'users with their roles').action(async ({ json, api }: Common) =>
    finish(print(await call<readonly UserView[]>(terminal.findSocket(api), 'GET', '/v1/users'), json, usersText, terminal)),
  )
  command('add <name>', 'a user with a first password')
    .requiredOption('--role <role>', 'such as FieldTech')
    .action(async (name: string, { json, api, role }: Common & { role: string }) =>
      finish(print(await call<CreatedView>(terminal.findSocket(api), 'POST', '/v1/users', { name, role }), json, firstPassword, terminal)),
    )
  const change = async (name: string, body: object, { json, api }: Common, done: string): Promise<void> =>
    finish(
      print(
        await call<object>(terminal.findSocket(api), 'POST', `/v1/users/${encodeURIComponent(name)}`, body),
        json,
        () => done,
        terminal,
      ),
    )
  command('role <name> <role>', 'give a user another role; its sessions end').action((name: string, role: string, options: Common) =>
    change(name, { action: 'role', role }, options, `${name} is ${role} now`),
  )
  command('disable <name>', 'no log-in any more; its sessions end').action((name: string, options: Common) =>
    change(name, { action: 'disable' }, options, `${name} is disabled`),
  )
  command('enable <name>', 'log-ins again').action((name: string, options: Common) =>
    change(name, { action: 'enable' }, options, `${name} is enabled`),
  )
  command('remove <name>', 'forget a user; the last one who may manage users stays').action((name: string, options: Common) =>
    change(name, { action: 'remove' }, options, `${name} is removed`),
  )
  command('reset <name>', 'a new first password; second factors and PIN are forgotten').action(
    async (name: string, { json, api }: Common) =>
      finish(
        print(
          await call<CreatedView>(terminal.findSocket(api), 'POST', `/v1/users/${encodeURIComponent(name)}`, { action: 'reset' }),
          json,
          firstPassword,
          terminal,
        ),
      ),
  )
}

function usersText(list: readonly UserView[]): string {
  const rows = list.map((user) => [
    ...[user.name, user.role, user.state, moment(user.lastLogin), user.secondFactor ? 'yes' : 'no', user.passwordSet.slice(0, 10)],
    [user.mustChange ? 'must change its password' : '', user.roleIsKnown ? '' : 'ITS ROLE IS NOT IN THE CONFIGURATION']
      .filter(Boolean)
      .join(', '),
  ])
  return table([['User', 'Role', 'State', 'Last log-in (UTC)', 'Second factor', 'Password of', ''], ...rows])
}

function sessions({ group, terminal, finish }: Parts): void {
  const { command } = group('session', 'who is logged in')
  command('list', 'the own sessions; who manages users sees all').action(async ({ json, api }: Common) =>
    finish(print(await call<readonly SessionView[]>(terminal.findSocket(api), 'GET', '/v1/sessions'), json, sessionsText, terminal)),
  )
  command('end <id>', 'end one').action(async (id: string, { json, api }: Common) =>
    finish(
      print(
        await call<object>(terminal.findSocket(api), 'POST', `/v1/sessions/${encodeURIComponent(id)}/end`, {}),
        json,
        () => 'ended',
        terminal,
      ),
    ),
  )
}

function sessionsText(list: readonly SessionView[]): string {
  if (list.length === 0) return 'nobody is logged in'
  const minutes = (seconds: number): string => `${Math.floor(seconds / 60)} min`
  const rows = list.map(({ id, user, via, source, ageSeconds, idleSeconds }) => [
    id,
    user,
    via,
    source,
    minutes(ageSeconds),
    minutes(idleSeconds),
  ])
  return table([['Session', 'User', 'By', 'From', 'Since', 'Unused'], ...rows])
}

function tokens({ group, terminal, finish }: Parts): void {
  const { command } = group('token', 'scripts: a token each, for some actions, until a day')
  command('list', 'which scripts have one').action(async ({ json, api }: Common) =>
    finish(print(await call<readonly ServiceView[]>(terminal.findSocket(api), 'GET', '/v1/tokens'), json, tokensText, terminal)),
  )
  command('add <name>', 'a token, shown this once; a script gives it by BREAKWALL_TOKEN')
    .option('--may <action...>', 'what it may do: look, events, lock, capture, vault', [])
    .option('--enrols <role>', 'the role of the certificates that it may ask for', '')
    .option('--days <days>', 'how long it holds, at most 400', '90')
    .action(async (name: string, options: Common & { may: string[]; enrols: string; days: string }) => {
      const body = { name, scope: options.may, enrols: options.enrols, days: Number(options.days) }
      const made = await call<{ token: string }>(terminal.findSocket(options.api), 'POST', '/v1/tokens', body)
      finish(print(made, options.json, ({ token }) => `${token}\nshown this once`, terminal))
    })
  command('remove <name>', 'take it away').action(async (name: string, { json, api }: Common) =>
    finish(
      print(
        await call<object>(terminal.findSocket(api), 'POST', `/v1/tokens/${encodeURIComponent(name)}/remove`, {}),
        json,
        () => 'removed',
        terminal,
      ),
    ),
  )
}

function tokensText(list: readonly ServiceView[]): string {
  if (list.length === 0) return 'no script has a token'
  const rows = list.map(({ name, scope, enrols, until, lastUsed, createdBy }) => [
    ...[name, [...scope, ...(enrols === '' ? [] : [`enrols ${enrols}`])].join(', ')],
    ...[until.slice(0, 10), moment(lastUsed), createdBy],
  ])
  return table([['Script', 'May', 'Until', 'Last used (UTC)', 'By'], ...rows])
}
