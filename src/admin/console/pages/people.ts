// Users, and the tokens of programs: for whoever manages them.
import type { UserView, userActionBody } from '../../contract/index.ts'
import type { z } from 'zod'
import { type Person, get, post } from './api.ts'
import { type Content, background, button, choice, element, field, messageLine, onSubmit, table } from './dom.ts'
import { shortly, t } from './texts.ts'

type Act = (name: string, body: z.input<typeof userActionBody>, done?: string) => Promise<void>

export async function peoplePage(_me: Person, refresh: () => Promise<void>): Promise<HTMLElement[]> {
  const [users, access, services] = await Promise.all([get('/users'), get('/access'), get('/tokens')])
  if (!users.ok) return [element('section', {}, `${users.error}: ${users.hint}`)]
  const roles = access.ok ? access.value.manage.map(({ role }) => role) : []
  const message = messageLine()
  const act: Act = async (name, body, done = '') => {
    message.waiting(t('asking the gateway …'))
    const reply = await post(`/users/${encodeURIComponent(name)}`, body)
    if (!reply.ok) return message.failed(reply)
    if (reply.value.kind === 'done') return refresh()
    message.done(`${done}: ${reply.value.password}`)
  }
  const rows = users.value.map((user) => userRow(user, roles, act))
  const heads = [t('Name'), t('Role'), t('State'), t('Last log-in'), t('What they have'), t('Change')]
  const tokens = services.ok
    ? services.value.map(({ name, scope, until, lastUsed, createdBy }) => [
        name,
        scope.join(', '),
        shortly(until),
        lastUsed === '' ? t('never') : shortly(lastUsed),
        createdBy,
      ])
    : []
  return [
    element('section', { className: 'wide' }, element('h1', {}, t('Users')), table(t('Users'), heads, rows), message.place),
    addPart(roles),
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

function userRow(user: UserView, roles: readonly string[], act: Act): readonly Content[] {
  const role = element(
    'select',
    { ariaLabel: t('Role of {name}', { name: user.name }) },
    ...[...new Set([user.role, ...roles])].map((value) => element('option', { value }, value)),
  )
  role.value = user.role
  role.addEventListener('change', () => background(act(user.name, { action: 'role', role: role.value })))
  const state =
    user.state === 'active'
      ? button(t('Disable'), () => act(user.name, { action: 'disable' }))
      : button(t('Enable'), () => act(user.name, { action: 'enable' }))
  const reset = button(t('New first password'), () =>
    act(user.name, { action: 'reset' }, t('First password of {name}, shown this once', { name: user.name })),
  )
  const remove = twice(t('Remove'), t('Really remove {name}', { name: user.name }), () => act(user.name, { action: 'remove' }))
  const factor = [user.secondFactor ? t('second factor') : '', user.pin ? 'PIN' : '', user.mustChange ? t('password to be changed') : '']
    .filter((part) => part !== '')
    .join(', ')
  return [
    user.name,
    role,
    user.state,
    user.lastLogin === '' ? t('never') : shortly(user.lastLogin),
    factor,
    element('span', { className: 'buttons' }, state, reset, remove),
  ]
}

function addPart(roles: readonly string[]): HTMLElement {
  const name = field(t('Name'), { autocomplete: 'off', autocapitalize: 'none', spellcheck: false, required: true })
  const role = choice(
    t('Role'),
    roles.map((value) => [value, value]),
  )
  const entry = element(
    'form',
    { className: 'filters' },
    element('div', {}, ...name.parts),
    element('div', {}, ...role.parts),
    element('button', { className: 'main' }, t('Add the user')),
  )
  const message = messageLine()
  onSubmit(entry, async () => {
    const reply = await post('/users', { name: name.input.value, role: role.input.value })
    if (!reply.ok) return message.failed(reply)
    message.done(`${t('First password of {name}, shown this once', { name: reply.value.name })}: ${reply.value.password}`)
    name.input.value = ''
  })
  return element('section', { className: 'wide' }, element('h2', {}, t('Add a user')), entry, message.place)
}

/** What cannot be taken back is pressed twice. */
function twice(words: string, sure: string, run: () => Promise<void>): HTMLButtonElement {
  let asked = false
  return button(words, (pressed) => {
    if (asked) return run()
    asked = true
    return Object.assign(pressed, { textContent: sure, className: 'danger' })
  })
}
