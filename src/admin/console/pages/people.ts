// Users, and the tokens of programs: for whoever manages them.
import { button, call, choice, element, field, table, teller } from './dom.js'
import { shortly, t } from './texts.js'

export async function peoplePage(me, start) {
  const [users, access, services] = await Promise.all([call('/users'), call('/access'), call('/tokens')])
  if (!users.ok) return [element('section', {}, `${users.error}: ${users.hint}`)]
  const roles = access.ok ? access.value.manage.map(({ role }) => role) : []
  const say = teller()
  const act = async (name, body, done) => {
    say.wait(t('asking the gateway …'))
    const said = await call(`/users/${encodeURIComponent(name)}`, body)
    if (!said.ok) return say.bad(said)
    if (said.value.password === undefined) return start()
    say.good(`${done}: ${said.value.password}`)
  }
  const rows = users.value.map((user) => {
    const role = element(
      'select',
      { ariaLabel: t('Role of {name}', { name: user.name }) },
      ...[...new Set([user.role, ...roles])].map((one) => element('option', { value: one }, one)),
    )
    role.value = user.role
    role.addEventListener('change', () => void act(user.name, { action: 'role', role: role.value }, ''))
    const state =
      user.state === 'active'
        ? button(t('Disable'), () => act(user.name, { action: 'disable' }, ''))
        : button(t('Enable'), () => act(user.name, { action: 'enable' }, ''))
    const reset = button(t('New first password'), () =>
      act(user.name, { action: 'reset' }, t('First password of {name}, shown this once', { name: user.name })),
    )
    const remove = twice(t('Remove'), t('Really remove {name}', { name: user.name }), () => act(user.name, { action: 'remove' }, ''))
    const factor = [user.secondFactor ? t('second factor') : '', user.pin ? 'PIN' : '', user.mustChange ? t('password to be changed') : '']
      .filter(Boolean)
      .join(', ')
    return [
      user.name,
      role,
      user.state,
      user.lastLogin === '' ? t('never') : shortly(user.lastLogin),
      factor,
      element('span', { className: 'buttons' }, state, reset, remove),
    ]
  })
  const name = field(t('Name'), { autocomplete: 'off', autocapitalize: 'none', spellcheck: false, required: true })
  const role = choice(
    t('Role'),
    roles.map((one) => [one, one]),
  )
  const fresh = element(
    'form',
    { className: 'filters' },
    element('div', {}, ...name.parts),
    element('div', {}, ...role.parts),
    element('button', { className: 'main' }, t('Add the user')),
  )
  const told = teller()
  fresh.addEventListener('submit', async (event) => {
    event.preventDefault()
    const said = await call('/users', { name: name.input.value, role: role.input.value })
    if (!said.ok) return told.bad(said)
    told.good(`${t('First password of {name}, shown this once', { name: said.value.name })}: ${said.value.password}`)
    name.input.value = ''
  })
  const heads = [t('Name'), t('Role'), t('State'), t('Last log-in'), t('What they have'), t('Change')]
  const tokens = services.ok
    ? services.value.map(({ name: called, scope, until, lastUsed, createdBy }) => [
        called,
        scope.join(', '),
        shortly(until),
        lastUsed === '' ? t('never') : shortly(lastUsed),
        createdBy,
      ])
    : []
  return [
    element('section', { className: 'wide' }, element('h1', {}, t('Users')), table(t('Users'), heads, rows), say.place),
    element('section', { className: 'wide' }, element('h2', {}, t('Add a user')), fresh, told.place),
    element(
      'section',
      { className: 'wide' },
      element('h2', {}, t('Tokens of programs')),
      tokens.length === 0
        ? element('p', { className: 'mute' }, t('None.'))
        : table(t('Tokens of programs'), [t('Name'), t('May'), t('Until'), t('Last used'), t('Made by')], tokens),
      element('p', { className: 'mute' }, t('breakwall token makes and removes them.')),
    ),
  ]
}

/** What cannot be taken back is pressed twice. */
function twice(words, sure, run) {
  let asked = false
  return button(words, (made) => {
    if (asked) return run()
    asked = true
    made.textContent = sure
    made.className = 'danger'
  })
}
