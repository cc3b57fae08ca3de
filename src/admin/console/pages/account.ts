// The own account: password, second factor, PIN, sessions.
import { button, call, element, form, teller } from './dom.js'
import { t } from './texts.js'

const secret = (text, autocomplete) => [text, { type: 'password', autocomplete, required: true }]
const digits = (text) => [text, { inputMode: 'numeric', autocomplete: 'one-time-code', pattern: '[0-9]{6}', required: true }]

function passwordForm(pending, start) {
  const labels = [
    secret(t('Old password'), 'current-password'),
    secret(t('New password'), 'new-password'),
    secret(t('Once more'), 'new-password'),
  ]
  return form(pending ? t('Change your password first') : t('Password'), labels, t('Change it'), async ([old, fresh, again], say) => {
    if (fresh !== again) return say.bad({ error: t('the two are not the same'), hint: t('nothing was changed') })
    const said = await call('/me/password', { old, fresh })
    if (!said.ok) return say.bad(said)
    if (pending) return start()
    say.good(t('Changed. Your other sessions have ended.'))
  })
}

function factorPart(me, start) {
  const say = teller()
  const remove = async (factor) => {
    const said = await call('/me/factors/remove', { factor })
    if (!said.ok) return say.bad(said)
    await start()
  }
  const rows = me.passkeys.map(({ id, name, added }) =>
    element(
      'div',
      { className: 'row' },
      element('span', {}, t('Passkey {name}, since {day}', { name, day: added.slice(0, 10) })),
      button(t('Remove'), () => remove(id)),
    ),
  )
  const add = button(
    t('Add a passkey'),
    async () => {
      const options = await call('/me/passkeys/options', {})
      if (!options.ok) return say.bad(options)
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.value)
      const made = await navigator.credentials.create({ publicKey }).catch(() => null)
      if (made === null) return say.bad({ error: t('no passkey was made'), hint: t('try again') })
      const said = await call('/me/passkeys', { name: new Date().toISOString().slice(0, 10), response: made.toJSON() })
      if (!said.ok) return say.bad(said)
      await start()
    },
    { id: 'add-passkey' },
  )
  const totp = button(me.totp ? t('Remove the authenticator app') : t('Add an authenticator app'), async () => {
    if (me.totp) return remove('totp')
    const started = await call('/me/totp', {})
    if (!started.ok) return say.bad(started)
    const confirm = form(t('Authenticator app'), [digits(t('The six digits that it shows'))], t('Add it'), async ([code], tell) => {
      const said = await call('/me/totp/confirm', { code })
      if (!said.ok) return tell.bad(said)
      await start()
    })
    const link = element('a', { href: started.value.uri }, t('open it on this phone'))
    confirm
      .querySelector('form')
      ?.prepend(
        element('p', { className: 'mute' }, `${t('Type this key into the app, or')} `, link, ':'),
        element('code', {}, started.value.secret),
      )
    part.replaceWith(confirm)
  })
  const title = me.pending === 'second-factor' ? t('Your role needs a second factor') : t('Second factor')
  const part = element('section', {}, element('h2', {}, title), ...rows, add, ' ', totp, say.place)
  return part
}

function pinPart() {
  const pin = [t('Six digits'), { type: 'password', inputMode: 'numeric', autocomplete: 'off', pattern: '[0-9]{6}', required: true }]
  return form(t('PIN for the panel at the switchboard'), [pin], t('Set it'), async ([given], say) => {
    const said = await call('/me/pin', { pin: given })
    if (said.ok) say.good(t('Set.'))
    else say.bad(said)
  })
}

async function sessionsPart(me, start) {
  const said = await call('/sessions')
  if (!said.ok) return []
  const say = teller()
  const rows = said.value.map(({ id, user, via, source, idleSeconds }) => {
    const end = button(t('End'), async () => {
      const done = await call(`/sessions/${id}/end`, {})
      if (!done.ok) return say.bad(done)
      await start()
    })
    const words = t('{user}, {via}, {source}, unused for {minutes} min', { user, via, source, minutes: Math.floor(idleSeconds / 60) })
    return element('div', { className: 'row' }, element('span', {}, id === me.session ? `${words}, ${t('this one')}` : words), end)
  })
  return [element('section', {}, element('h2', {}, t('Sessions')), ...rows, say.place)]
}

export async function accountPage(me, start) {
  if (me.pending === 'change-password') return [passwordForm(true, start)]
  if (me.pending === 'second-factor') return [factorPart(me, start)]
  const out = button(
    t('Log out'),
    async () => {
      await call('/logout', {})
      await start()
    },
    { id: 'log-out' },
  )
  const may = element(
    'section',
    {},
    element('h1', {}, me.name),
    element('p', { className: 'mute' }, t('{role}; may {actions}', { role: me.role, actions: me.may.join(', ') })),
    out,
  )
  return [may, factorPart(me, start), passwordForm(false, start), pinPart(), ...(await sessionsPart(me, start))]
}
