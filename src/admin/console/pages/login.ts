// Coming in: the first account by the set-up code, then name and password, then the second factor.
import type { LoginView } from '../../contract/index.ts'
import { get, post } from './api.ts'
import { type FieldSpec, button, element, form, messageLine } from './dom.ts'
import { t } from './texts.ts'

const plain = { autocapitalize: 'none', spellcheck: false, required: true } as const
const name = (): FieldSpec => ({ label: t('Name'), properties: { autocomplete: 'username', ...plain } })
const secret = (label: string, autocomplete: 'current-password' | 'new-password'): FieldSpec => ({
  label,
  properties: { type: 'password', autocomplete, required: true },
})
const focus = (): void => document.querySelector<HTMLElement>('main input, main button')?.focus()

type Show = (...parts: readonly HTMLElement[]) => void
type Refresh = () => Promise<void>

export async function loginPage(show: Show, refresh: Refresh): Promise<void> {
  const banner = await get('/banner')
  if (banner.ok && banner.value.needsSetUp) return setUp(show, refresh)
  const parts = banner.ok && banner.value.banner !== '' ? [element('section', {}, banner.value.banner)] : []
  const fields = { user: name(), password: secret(t('Password'), 'current-password') }
  const login = form(t('Log in'), fields, t('Log in'), async ({ user, password }, message) => {
    const reply = await post('/login', { name: user, password })
    if (!reply.ok) return message.failed(reply)
    if (reply.value.kind === 'second-factor') return secondFactor(reply.value, show, refresh)
    await refresh()
  })
  login.id = 'log-in'
  show(...parts, login)
  focus()
}

function setUp(show: Show, refresh: Refresh): void {
  const fields = {
    code: { label: t('Set-up code'), properties: { autocomplete: 'off', ...plain, placeholder: 'abcd-efgh-ijkl' } },
    user: name(),
    password: secret(t('Password'), 'new-password'),
    again: secret(t('Once more'), 'new-password'),
  } as const
  const section = form(t('The first account'), fields, t('Make it'), async ({ code, user, password, again }, message) => {
    if (password !== again) return message.failed({ error: t('the two are not the same'), hint: t('nothing was changed') })
    const reply = await post('/setup', { code, name: user, password })
    if (!reply.ok) return message.failed(reply)
    const login = await post('/login', { name: user, password })
    if (!login.ok) return message.failed(login)
    await refresh()
  })
  const words = t(
    'This gateway has no users yet. Its log shows a code on the machine itself; whoever has it makes the account of the administrator.',
  )
  section.id = 'log-in'
  section.prepend(element('p', {}, words))
  section.prepend(element('h1', {}, t('Not set up yet')))
  show(section)
  focus()
}

function secondFactor({ ticket, methods }: Extract<LoginView, { readonly kind: 'second-factor' }>, show: Show, refresh: Refresh): void {
  const parts = [
    ...(methods.includes('passkey') ? [passkeyPart(ticket, refresh)] : []),
    ...(methods.includes('code') ? [codePart(ticket, refresh)] : []),
  ]
  show(...parts)
  focus()
}

function passkeyPart(ticket: string, refresh: Refresh): HTMLElement {
  const message = messageLine()
  const go = button(
    t('Use a passkey'),
    async () => {
      const options = await post('/login/passkey-options', { ticket })
      if (!options.ok) return message.failed(options)
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.value)
      const proof = await navigator.credentials.get({ publicKey }).catch(() => null)
      if (!(proof instanceof PublicKeyCredential)) return message.failed({ error: t('the passkey was not used'), hint: t('try again') })
      const response: unknown = proof.toJSON()
      const reply = await post('/login/passkey', { ticket, response })
      if (!reply.ok) return message.failed(reply)
      await refresh()
    },
    { className: 'main' },
  )
  return element('section', {}, element('h2', {}, t('Second factor')), go, message.place)
}

function codePart(ticket: string, refresh: Refresh): HTMLElement {
  const digits = { inputMode: 'numeric', autocomplete: 'one-time-code', pattern: '[0-9]{6}', required: true } as const
  const fields = { code: { label: t('Six digits'), properties: digits } }
  return form(t('Code of the authenticator app'), fields, t('Go on'), async ({ code }, message) => {
    const reply = await post('/login/code', { ticket, code })
    if (!reply.ok) return message.failed(reply)
    await refresh()
  })
}
