// Who may do what, as the gateway decides it now.
import { button, call, choice, element, field, shower, table, teller } from './dom.js'
import { t } from './texts.js'

const classes = ['monitor', 'control', 'protection-setting', 'other-setting', 'clock', 'password', 'diagnostic', 'file', 'unknown']

/** What a role gets, at best and only then: the words of a cell. */
function verdictOf(rows, role, asked, level, lock, mode) {
  const found = rows.find(
    (row) => row.role === role && row.class === asked && row.level === level && row.lock === lock && row.mode === mode,
  )
  return found === undefined ? '' : found.verdict
}

export async function accessPage(me) {
  const said = await call('/access')
  if (!said.ok) return [element('section', {}, `${said.error}: ${said.hint}`)]
  const { groups, manage } = said.value
  const seen = (key) => [...new Set(groups.flatMap(({ rows }) => rows.map((row) => row[key])))]
  const pick = (text, key, first) => {
    const made = choice(
      text,
      seen(key).map((one) => [one, one]),
    )
    if (seen(key).includes(first)) made.input.value = first
    return made
  }
  const level = pick(t('Level of the address'), 'level', 'control')
  const lock = pick(t('Lock of the breaker'), 'lock', 'locked')
  const mode = pick(t('Mode'), 'mode', 'enforce')
  const place = element('div')
  const show = shower(place)
  const draw = () => {
    const at = [level.input.value, lock.input.value, mode.input.value]
    show(at, () =>
      groups.flatMap(({ breakers, rows }) => {
        const roles = [...new Set(rows.map(({ role }) => role))]
        const asked = [...new Set(rows.map((row) => row.class))].sort((a, b) => classes.indexOf(a) - classes.indexOf(b))
        const cells = roles.map((role) => [role, ...asked.map((one) => verdict(verdictOf(rows, role, one, ...at)))])
        return [element('h2', {}, breakers.join(', ')), table(breakers.join(', '), [t('Role'), ...asked], cells)]
      }),
    )
  }
  for (const { input } of [level, lock, mode]) input.addEventListener('change', draw)
  draw()
  const rights = table(
    t('Rights with the gateway itself'),
    [t('Role'), t('May')],
    manage.map(({ role, may }) => [role, may.join(', ')]),
  )
  const report = element('a', { className: 'button', href: '/api/report' }, t('Site security report, to print'))
  return [
    element(
      'section',
      { className: 'wide' },
      element('h1', {}, t('Access')),
      element(
        'p',
        { className: 'mute' },
        t('What the gateway decides for a request, for each role and class of operation; no tag, grant or guard considered.'),
      ),
      element('div', { className: 'filters' }, ...[level, lock, mode].map(({ parts }) => element('div', {}, ...parts))),
      place,
      ...(me.may.includes('events') ? [report] : []),
    ),
    element('section', { className: 'wide' }, element('h2', {}, t('Rights with the gateway itself')), rights),
    aclCard(me),
  ]
}

const verdict = (words) => element('span', { className: words.startsWith('allow') ? 'yes' : 'no' }, words)

function aclCard() {
  const say = teller()
  const address = field(t('Address'), { autocomplete: 'off', placeholder: '10.20.0.17' })
  const place = element('div')
  const look = button(t('Which entry wins?'), async () => {
    const said = await call(`/acl?${new URLSearchParams({ address: address.input.value.trim() })}`)
    if (!said.ok) return say.bad(said)
    say.nothing()
    const entry = (one) => (one === 'not-listed' ? t('not listed: it may not connect') : t('{level}, by {from} in line {line}', one))
    const rows = said.value.flatMap(({ listener, usual, of }) => [
      [listener, t('all others'), entry(usual)],
      ...of.map((one) => [listener, one.breaker, entry(one)]),
    ])
    place.replaceChildren(table(t('Access control list'), [t('Listener'), t('Breaker'), t('Entry')], rows))
  })
  return element('section', { className: 'wide' }, element('h2', {}, t('Access control list')), ...address.parts, look, say.place, place)
}
