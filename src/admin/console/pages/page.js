// The pages of the account: log in, second factor, password, PIN, passkeys, sessions. Every text goes in as text, never as HTML.
import { call, element, teller } from './dom.js'
import { eventsPart, sinksPart } from './events.js'

const main = document.querySelector('#main')
const who = document.querySelector('#who')

let fields = 0
function field(text, properties) {
  fields += 1
  const input = element('input', { id: `field-${fields}`, ...properties })
  return { input, label: element('label', { htmlFor: input.id }, text) }
}

/** A form that works once at a time; `run` gets what was typed. */
function form(title, labels, button, run) {
  const say = teller()
  const inputs = labels.map(([text, properties]) => field(text, properties))
  const go = element('button', { className: 'main' }, button)
  const made = element('form', {}, ...inputs.flatMap(({ label, input }) => [label, input]), go, say.place)
  made.addEventListener('submit', async (event) => {
    event.preventDefault()
    go.disabled = true
    try {
      await run(
        inputs.map(({ input }) => input.value),
        say,
      )
    } finally {
      go.disabled = false
    }
  })
  return element('section', {}, element('h2', {}, title), made)
}

const name = ['Name', { autocomplete: 'username', autocapitalize: 'none', spellcheck: false, required: true }]
const secret = (text, autocomplete) => [text, { type: 'password', autocomplete, required: true }]

async function login() {
  who.textContent = ''
  const banner = await call('/banner')
  const parts = banner.ok && banner.value.banner !== '' ? [element('section', {}, banner.value.banner)] : []
  if (banner.ok && banner.value.needsSetUp) {
    const words = 'There are no users yet. On the gateway itself, breakwall setup makes the first one with the code that its log shows.'
    return show(element('section', {}, element('h1', {}, 'Not set up yet'), words))
  }
  show(
    ...parts,
    form('Log in', [name, secret('Password', 'current-password')], 'Log in', async ([user, password], say) => {
      const said = await call('/login', { name: user, password })
      if (!said.ok) return say.bad(said)
      if (said.value.kind === 'second-factor') return secondFactor(said.value)
      await start()
    }),
  )
  document.querySelector('input')?.focus()
}

function secondFactor({ ticket, methods }) {
  const parts = []
  if (methods.includes('passkey')) {
    const say = teller()
    const go = element('button', { className: 'main', type: 'button' }, 'Use a passkey')
    go.addEventListener('click', async () => {
      const options = await call('/login/passkey-options', { ticket })
      if (!options.ok) return say.bad(options)
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options.value)
      const proof = await navigator.credentials.get({ publicKey }).catch(() => null)
      if (proof === null) return say.bad({ error: 'the passkey was not used', hint: 'try again' })
      const said = await call('/login/passkey', { ticket, response: proof.toJSON() })
      if (!said.ok) return say.bad(said)
      await start()
    })
    parts.push(element('section', {}, element('h2', {}, 'Second factor'), go, say.place))
  }
  if (methods.includes('code')) {
    const code = ['Six digits', { inputMode: 'numeric', autocomplete: 'one-time-code', pattern: '[0-9]{6}', required: true }]
    parts.push(
      form('Code of the authenticator app', [code], 'Go on', async ([digits], say) => {
        const said = await call('/login/code', { ticket, code: digits })
        if (!said.ok) return say.bad(said)
        await start()
      }),
    )
  }
  show(...parts)
  document.querySelector('main input, main button')?.focus()
}

function passwordForm(pending) {
  const labels = [secret('Old password', 'current-password'), secret('New password', 'new-password'), secret('Once more', 'new-password')]
  return form(pending ? 'Change your password first' : 'Password', labels, 'Change it', async ([old, fresh, again], say) => {
    if (fresh !== again) return say.bad({ error: 'the two are not the same', hint: 'nothing was changed' })
    const said = await call('/me/password', { old, fresh })
    if (!said.ok) return say.bad(said)
    if (pending) return start()
    say.good('Changed. Your other sessions have ended.')
  })
}

function factorPart(me) {
  const say = teller()
  const rows = me.passkeys.map(({ id, name: called, added }) => {
    const remove = element('button', { type: 'button' }, 'Remove')
    remove.addEventListener('click', async () => {
      const said = await call('/me/factors/remove', { factor: id })
      if (!said.ok) return say.bad(said)
      await start()
    })
    return element('div', { className: 'row' }, element('span', {}, `Passkey ${called}, since ${added.slice(0, 10)}`), remove)
  })
  const add = element('button', { type: 'button', id: 'add-passkey' }, 'Add a passkey')
  add.addEventListener('click', async () => {
    const options = await call('/me/passkeys/options', {})
    if (!options.ok) return say.bad(options)
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.value)
    const made = await navigator.credentials.create({ publicKey }).catch(() => null)
    if (made === null) return say.bad({ error: 'no passkey was made', hint: 'try again' })
    const said = await call('/me/passkeys', { name: new Date().toISOString().slice(0, 10), response: made.toJSON() })
    if (!said.ok) return say.bad(said)
    await start()
  })
  const totp = element('button', { type: 'button' }, me.totp ? 'Remove the authenticator app' : 'Add an authenticator app')
  totp.addEventListener('click', async () => {
    if (me.totp) {
      const said = await call('/me/factors/remove', { factor: 'totp' })
      if (!said.ok) return say.bad(said)
      return start()
    }
    const started = await call('/me/totp', {})
    if (!started.ok) return say.bad(started)
    const code = [
      'The six digits that it shows',
      { inputMode: 'numeric', autocomplete: 'one-time-code', pattern: '[0-9]{6}', required: true },
    ]
    const confirm = form('Authenticator app', [code], 'Add it', async ([digits], tell) => {
      const said = await call('/me/totp/confirm', { code: digits })
      if (!said.ok) return tell.bad(said)
      await start()
    })
    const link = element('a', { href: started.value.uri }, 'open it on this phone')
    const words = element('p', { className: 'mute' }, 'Type this key into the app, or ', link, ':')
    confirm.querySelector('form')?.prepend(words, element('code', {}, started.value.secret))
    part.replaceWith(confirm)
  })
  const title = me.pending === 'second-factor' ? 'Your role needs a second factor' : 'Second factor'
  const part = element('section', {}, element('h2', {}, title), ...rows, add, ' ', totp, say.place)
  return part
}

function pinPart() {
  const digits = { type: 'password', inputMode: 'numeric', autocomplete: 'off', pattern: '[0-9]{6}', required: true }
  return form('PIN for the panel at the switchboard', [['Six digits', digits]], 'Set it', async ([pin], say) => {
    const said = await call('/me/pin', { pin })
    if (said.ok) say.good('Set.')
    else say.bad(said)
  })
}

async function sessionsPart(me) {
  const said = await call('/sessions')
  if (!said.ok) return []
  const say = teller()
  const rows = said.value.map(({ id, user, via, source, idleSeconds }) => {
    const own = id === me.session ? ', this one' : ''
    const end = element('button', { type: 'button' }, 'End')
    end.addEventListener('click', async () => {
      const done = await call(`/sessions/${id}/end`, {})
      if (!done.ok) return say.bad(done)
      await start()
    })
    const words = `${user}, ${via}, ${source}, unused for ${Math.floor(idleSeconds / 60)} min${own}`
    return element('div', { className: 'row' }, element('span', {}, words), end)
  })
  return [element('section', {}, element('h2', {}, 'Sessions'), ...rows, say.place)]
}

/** What ends within 60 days, the first that does at the top. */
async function certificatesPart(me) {
  if (!me.may.includes('look')) return []
  const said = await call('/certificates')
  const soon = said.ok ? said.value.filter(({ daysLeft }) => daysLeft <= 60) : []
  if (soon.length === 0) return []
  const rows = soon.map(({ name: called, where, daysLeft, expires }) => {
    const when = daysLeft < 0 ? `has ended on ${expires.slice(0, 10)}` : `ends in ${daysLeft} days, on ${expires.slice(0, 10)}`
    return element('div', { className: 'row' }, element('span', {}, `${called} (${where}) ${when}`))
  })
  return [element('section', {}, element('h2', {}, 'Certificates that end soon'), ...rows)]
}

async function account(me) {
  who.textContent = `${me.name} · ${me.role}`
  if (me.pending === 'change-password') return show(passwordForm(true))
  if (me.pending === 'second-factor') return show(factorPart(me))
  const out = element('button', { type: 'button', id: 'log-out' }, 'Log out')
  out.addEventListener('click', async () => {
    await call('/logout', {})
    await login()
  })
  const may = element(
    'section',
    {},
    element('h1', {}, me.name),
    element('p', { className: 'mute' }, `${me.role}; may ${me.may.join(', ')}`),
    out,
  )
  show(
    may,
    ...(await sinksPart(me)),
    ...(await certificatesPart(me)),
    ...(await eventsPart(me)),
    factorPart(me),
    passwordForm(false),
    pinPart(),
    ...(await sessionsPart(me)),
  )
}

const show = (...parts) => main.replaceChildren(...parts)

async function start() {
  const me = await call('/me')
  if (!me.ok) return show(element('section', {}, element('h1', {}, 'No answer'), `${me.error}: ${me.hint}`))
  if (me.value.kind === 'person') await account(me.value)
  else await login()
}

await start()
