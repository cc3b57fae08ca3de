import type { LoginView, MeView } from '../../contract/index.ts'
import { type Answered, type Where, call, forgetSession, keepSession } from '../client.ts'
import { type Common, type Parts, type Terminal, exitCode, print, wrongWords } from '../parts.ts'

type Api = Common & { passwordFile?: string }

/** `breakwall setup`, `login`, `logout`, `whoami` and what everybody does with the own account. */
export function login(parts: Parts): void {
  const { add, terminal, finish } = parts
  add('setup <name>', 'make the first user of a new gateway, with the code that its log shows')
    .option('--code <code>', 'the set-up code; asked for when left out')
    .option('--password-file <file>', 'a file whose first line is the password; else it is asked for')
    .action(async (name: string, options: Api & { code?: string }) => {
      const where = terminal.findSocket(options.api)
      const code = options.code ?? (await terminal.askSecret('set-up code (journalctl -u breakwall): '))
      const password = await newPassword(options, terminal)
      if (code === undefined || password === undefined) return finish(exitCode.usage)
      const made = await call<{ name: string; role: string }>(where, 'POST', '/v1/setup', { code, name, password })
      finish(print(made, options.json, (view) => `${view.name} is set up as ${view.role}: breakwall login ${view.name}`, terminal))
    })
  add('login <name>', 'log in; the session ends when it is not used for as long as people.minimum-inactivity-period says')
    .option('--password-file <file>', 'a file whose first line is the password; else it is asked for')
    .action(async (name: string, options: Api) => finish(await logIn(name, options, terminal)))
  add('logout', 'end the session').action(async ({ json, api }: Common) => {
    const where = terminal.findSocket(api)
    const said = await call<object>(where, 'POST', '/v1/logout', {})
    forgetSession(where)
    finish(print(said, json, () => 'logged out', terminal))
  })
  add('whoami', 'who is asking, and what they may do').action(async ({ json, api }: Common) =>
    finish(print(await call<MeView>(terminal.findSocket(api), 'GET', '/v1/me'), json, meText, terminal)),
  )
  ownSecrets(parts)
}

const readFirstLine = (terminal: Terminal, options: Api, prompt: string): Promise<string | undefined> =>
  options.passwordFile === undefined ? terminal.askSecret(prompt) : Promise.resolve(terminal.firstLine(options.passwordFile))

/** Asked twice, unless it comes from a file or a pipe. */
async function newPassword(options: Api, terminal: Terminal): Promise<string | undefined> {
  const typed = await readFirstLine(terminal, options, 'new password: ')
  if (typed === undefined || typed === '') {
    wrongWords(terminal, 'no password was given', 'nothing was changed')
    return undefined
  }
  if (options.passwordFile !== undefined || !terminal.interactive) return typed
  if ((await terminal.askSecret('once more: ')) === typed) return typed
  wrongWords(terminal, 'the two are not the same', 'nothing was changed')
  return undefined
}

async function logIn(name: string, options: Api, terminal: Terminal): Promise<number> {
  const where = terminal.findSocket(options.api)
  const banner = await call<{ banner: string }>(where, 'GET', '/v1/banner')
  if (banner.kind === 'ok' && banner.value.banner !== '' && !options.json) terminal.error(banner.value.banner)
  const password = await readFirstLine(terminal, options, `password of ${name}: `)
  if (password === undefined) return wrongWords(terminal, 'nobody was logged in', 'breakwall login NAME')
  const first = await call<LoginView>(where, 'POST', '/v1/login', { name, password })
  if (first.kind !== 'ok' || first.value.kind === 'logged-in') return finishLogin(where, first, options.json, terminal)
  const { ticket, methods } = first.value
  if (!methods.includes('code')) {
    terminal.error(
      'breakwall: error: this account has passkeys only\nbreakwall: hint: log in on the pages, or add an authenticator app there',
    )
    return exitCode.refused
  }
  const code = (await terminal.askSecret('code of the authenticator app: ')) ?? ''
  return finishLogin(where, await call<LoginView>(where, 'POST', '/v1/login/code', { ticket, code }), options.json, terminal)
}

function finishLogin(where: Where, said: Answered<LoginView>, json: boolean, terminal: Terminal): number {
  if (said.kind !== 'ok') return print(said, json, () => '', terminal)
  if (said.value.kind !== 'logged-in') throw new Error('a second factor was asked for twice')
  const { token, ...view } = said.value
  keepSession(where, token)
  const next =
    view.pending === 'change-password'
      ? '\nthe password must be changed first: breakwall password'
      : view.pending === 'second-factor'
        ? '\nthis role needs a second factor: breakwall second-factor add'
        : ''
  const old =
    view.passwordDaysLeft !== 'never' && view.passwordDaysLeft <= 14 ? `\nthe password is too old in ${view.passwordDaysLeft} days` : ''
  return print({ kind: 'ok', value: view }, json, () => `logged in: ${view.name}, ${view.role}${next}${old}`, terminal)
}

/** What somebody may, or what comes first. */
function mayText({ pending, may }: Extract<MeView, { kind: 'person' }>): string {
  if (pending === 'change-password') return 'may nothing until the password is changed: breakwall password'
  if (pending === 'second-factor') return 'may nothing until there is a second factor: breakwall second-factor add'
  return `may: ${may.join(', ')}`
}

export function meText(me: MeView): string {
  switch (me.kind) {
    case 'nobody':
      return `nobody: ${me.why}`
    case 'system':
      return `${me.name}, a user of this machine, without a log-in\nmay: ${me.may.join(', ')}\nmore: breakwall login NAME`
    case 'service':
      return `${me.name}, a script\nmay: ${me.may.join(', ')}`
    case 'person': {
      const factors = [...(me.totp ? ['authenticator app'] : []), ...me.passkeys.map(({ name }) => `passkey ${name}`)]
      return `${me.name}, ${me.role}\n${mayText(me)}\nsecond factor: ${factors.join(', ') || 'none'}`
    }
  }
}

function ownSecrets({ add, group, terminal, finish }: Parts): void {
  add('password', 'change the own password')
    .option('--old-file <file>', 'a file whose first line is the old password')
    .option('--password-file <file>', 'a file whose first line is the new password')
    .action(async (options: Api & { oldFile?: string }) => {
      const old = options.oldFile === undefined ? await terminal.askSecret('old password: ') : terminal.firstLine(options.oldFile)
      const fresh = await newPassword(options, terminal)
      if (old === undefined || fresh === undefined) return finish(exitCode.usage)
      const done = await call<object>(terminal.findSocket(options.api), 'POST', '/v1/me/password', { old, fresh })
      finish(print(done, options.json, () => 'changed; every other session of yours has ended', terminal))
    })
  add('pin', 'set the own PIN, for the panel at the switchboard').action(async ({ json, api }: Common) => {
    const pin = await terminal.askSecret('six digits: ')
    if (pin === undefined) return finish(wrongWords(terminal, 'nothing was set', 'breakwall pin'))
    finish(print(await call<object>(terminal.findSocket(api), 'POST', '/v1/me/pin', { pin }), json, () => 'set', terminal))
  })
  const { command } = group('second-factor', 'a second proof at the log-in')
  command('add', 'an authenticator app on a phone; passkeys are added on the pages').action(async ({ json, api }: Common) => {
    const where = terminal.findSocket(api)
    const started = await call<{ secret: string; uri: string }>(where, 'POST', '/v1/me/totp', {})
    if (started.kind !== 'ok') return finish(print(started, json, () => '', terminal))
    if (terminal.interactive) {
      const { default: qrcode } = await import('qrcode') // for this one moment only: the gateway is the same program
      terminal.error(await qrcode.toString(started.value.uri, { type: 'utf8', errorCorrectionLevel: 'L' }))
    }
    terminal.error(`scan it, or type ${started.value.secret} into the app`)
    const code = (await terminal.askSecret('the code that it shows: ')) ?? ''
    finish(print(await call<object>(where, 'POST', '/v1/me/totp/confirm', { code }), json, () => 'added', terminal))
  })
  command('remove', 'the authenticator app').action(async ({ json, api }: Common) =>
    finish(
      print(
        await call<object>(terminal.findSocket(api), 'POST', '/v1/me/factors/remove', { factor: 'totp' }),
        json,
        () => 'removed',
        terminal,
      ),
    ),
  )
}
