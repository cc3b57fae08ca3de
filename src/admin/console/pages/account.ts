// The own account: password, second factor, PIN, sessions.
import { type Person, get, post } from './api.ts'
import { type FieldSpec, button, element, form, messageLine } from './dom.ts'
import { t } from './texts.ts'

type Refresh = () => Promise<void>
const secret = (label: string, autocomplete: 'current-password' | 'new-password'): FieldSpec => ({
  label,
  properties: { type: 'password', autocomplete, required: true },
})
const digits = (label: string): FieldSpec => ({
  label,
  properties: { inputMode: 'numeric', autocomplete: 'one-time-code', pattern: '[0-9]{6}', required: true },
})

function passwordForm(pending: boolean, refresh: Refresh): HTMLElement {
  const fields = {
    old: secret(t('Old password'), 'current-password'),
    fresh: secret(t('New password'), 'new-password'),
    again: secret(t('Once more'), 'new-password'),
  }
  const title = pending ? t('Change your password first') : t('Password')
  return form(title, fields, t('Change it'), async ({ old, fresh, again }, message) => {
    if (fresh !== again) return message.failed({ error: t('the two are not the same'), hint: t('nothing was changed') })
    const reply = await post('/me/password', { old, fresh })
    if (!reply.ok) return message.failed(reply)
    if (pending) return refresh()
    message.done(t('Changed. Your other sessions have ended.'))
  })
}

function factorPart(me: Person, refresh: Refresh): HTMLElement {
  const message = messageLine()
  const remove = async (factor: string): Promise<void> => {
    const reply = await post('/me/factors/remove', { factor })
    if (!reply.ok) return message.failed(reply)
    await refresh()
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
      const options = await post('/me/passkeys/options', {})
      if (!options.ok) return message.failed(options)
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.value)
      const passkey = await navigator.credentials.create({ publicKey }).catch(() => null)
      if (!(passkey instanceof PublicKeyCredential)) return message.failed({ error: t('no passkey was made'), hint: t('try again') })
      const response: unknown = passkey.toJSON()
      const reply = await post('/me/passkeys', { name: new Date().toISOString().slice(0, 10), response })
      if (!reply.ok) return message.failed(reply)
      await refresh()
    },
    { id: 'add-passkey' },
  )
  const totp = button(me.totp ? t('Remove the authenticator app') : t('Add an authenticator app'), async () => {
    if (me.totp) return remove('totp')
    const started = await post('/me/totp', {})
    if (!started.ok) return message.failed(started)
    part.replaceWith(totpForm(started.value.uri, started.value.secret, refresh))
  })
  const title = me.pending === 'second-factor' ? t('Your role needs a second factor') : t('Second factor')
  const part = element('section', {}, element('h2', {}, title), ...rows, add, ' ', totp, message.place)
  return part
}

/** The second half of adding an authenticator app: its key, and the first digits that it shows. */
function totpForm(uri: string, key: string, refresh: Refresh): HTMLElement {
  const fields = { code: digits(t('The six digits that it shows')) }
  const section = form(t('Authenticator app'), fields, t('Add it'), async ({ code }, message) => {
    const reply = await post('/me/totp/confirm', { code })
    if (!reply.ok) return message.failed(reply)
    await refresh()
  })
  const link = element('a', { href: uri }, t('open it on this phone'))
  const help = element('p', { className: 'mute' }, `${t('Type this key into the app, or')} `, link, ':')
  section.querySelector('form')?.prepend(help, element('code', {}, key))
  return section
}

function pinPart(): HTMLElement {
  const properties = { type: 'password', inputMode: 'numeric', autocomplete: 'off', pattern: '[0-9]{6}', required: true } as const
  const fields = { pin: { label: t('Six digits'), properties } }
  return form(t('PIN for the panel at the switchboard'), fields, t('Set it'), async ({ pin }, message) => {
    const reply = await post('/me/pin', { pin })
    if (reply.ok) message.done(t('Set.'))
    else message.failed(reply)
  })
}

async function sessionsPart(me: Person, refresh: Refresh): Promise<HTMLElement[]> {
  const sessions = await get('/sessions')
  if (!sessions.ok) return []
  const message = messageLine()
  const rows = sessions.value.map(({ id, user, via, source, idleSeconds }) => {
    const end = button(t('End'), async () => {
      const reply = await post(`/sessions/${id}/end`, {})
      if (!reply.ok) return message.failed(reply)
      await refresh()
    })
    const words = t('{user}, {via}, {source}, unused for {minutes} min', { user, via, source, minutes: Math.floor(idleSeconds / 60) })
    return element('div', { className: 'row' }, element('span', {}, id === me.session ? `${words}, ${t('this one')}` : words), end)
  })
  return [element('section', {}, element('h2', {}, t('Sessions')), ...rows, message.place)]
}

export async function accountPage(me: Person, refresh: Refresh): Promise<HTMLElement[]> {
  if (me.pending === 'change-password') return [passwordForm(true, refresh)]
  if (me.pending === 'second-factor') return [factorPart(me, refresh)]
  const out = button(
    t('Log out'),
    async () => {
      await post('/logout', {})
      await refresh()
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
  return [may, factorPart(me, refresh), passwordForm(false, refresh), pinPart(), ...(await sessionsPart(me, refresh))]
}
