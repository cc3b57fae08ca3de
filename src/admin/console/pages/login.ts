// Coming in: the first account by the set-up code, then name and password, then the second factor.
import { button, call, element, form, teller } from './dom.js'
import { t } from './texts.js'

const name = () => [t('Name'), { autocomplete: 'username', autocapitalize: 'none', spellcheck: false, required: true }]
const secret = (text, autocomplete) => [text, { type: 'password', autocomplete, required: true }]
const focus = () => document.querySelector('main input, main button')?.focus()

export async function loginPage(show, start) {
  const banner = await call('/banner')
  if (banner.ok && banner.value.needsSetUp) return setUp(show, start)
  const parts = banner.ok && banner.value.banner !== '' ? [element('section', {}, banner.value.banner)] : []
  const login = form(t('Log in'), [name(), secret(t('Password'), 'current-password')], t('Log in'), async ([user, password], say) => {
    const said = await call('/login', { name: user, password })
    if (!said.ok) return say.bad(said)
    if (said.value.kind === 'second-factor') return secondFactor(said.value, show, start)
    await start()
  })
  login.id = 'log-in'
  show(...parts, login)
  focus()
}

function setUp(show, start) {
  const code = [
    t('Set-up code'),
    { autocomplete: 'off', autocapitalize: 'none', spellcheck: false, required: true, placeholder: 'abcd-efgh-ijkl' },
  ]
  const labels = [code, name(), secret(t('Password'), 'new-password'), secret(t('Once more'), 'new-password')]
  const made = form(t('The first account'), labels, t('Make it'), async ([given, user, password, again], say) => {
    if (password !== again) return say.bad({ error: t('the two are not the same'), hint: t('nothing was changed') })
    const said = await call('/setup', { code: given, name: user, password })
    if (!said.ok) return say.bad(said)
    const login = await call('/login', { name: user, password })
    if (!login.ok) return say.bad(login)
    await start()
  })
  const words = t(
    'This gateway has no users yet. Its log shows a code on the machine itself; whoever has it makes the account of the administrator.',
  )
  made.id = 'log-in'
  made.prepend(element('p', {}, words))
  made.prepend(element('h1', {}, t('Not set up yet')))
  show(made)
  focus()
}

function secondFactor({ ticket, methods }, show, start) {
  const parts = []
  if (methods.includes('passkey')) {
    const say = teller()
    const go = button(
      t('Use a passkey'),
      async () => {
        const options = await call('/login/passkey-options', { ticket })
        if (!options.ok) return say.bad(options)
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.value)
        const proof = await navigator.credentials.get({ publicKey }).catch(() => null)
        if (proof === null) return say.bad({ error: t('the passkey was not used'), hint: t('try again') })
        const said = await call('/login/passkey', { ticket, response: proof.toJSON() })
        if (!said.ok) return say.bad(said)
        await start()
      },
      { className: 'main' },
    )
    parts.push(element('section', {}, element('h2', {}, t('Second factor')), go, say.place))
  }
  if (methods.includes('code')) {
    const code = [t('Six digits'), { inputMode: 'numeric', autocomplete: 'one-time-code', pattern: '[0-9]{6}', required: true }]
    parts.push(
      form(t('Code of the authenticator app'), [code], t('Go on'), async ([digits], say) => {
        const said = await call('/login/code', { ticket, code: digits })
        if (!said.ok) return say.bad(said)
        await start()
      }),
    )
  }
  show(...parts)
  focus()
}
