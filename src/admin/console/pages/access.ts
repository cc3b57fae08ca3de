// Who may do what, as the gateway decides it now.
import type { AclEntryView, MatrixView } from '../../contract/index.ts'
import { type Person, get } from './api.ts'
import { type Field, button, choice, element, field, messageLine, renderer, table } from './dom.ts'
import { t } from './texts.ts'

const classes = ['monitor', 'control', 'protection-setting', 'other-setting', 'clock', 'password', 'diagnostic', 'file', 'unknown']

type Row = MatrixView['groups'][number]['rows'][number]

/** What a role gets, at best and only then: the words of a cell. */
const verdictOf = (rows: readonly Row[], cell: Omit<Row, 'verdict'>): string =>
  rows.find(
    (row) =>
      row.role === cell.role && row.class === cell.class && row.level === cell.level && row.lock === cell.lock && row.mode === cell.mode,
  )?.verdict ?? ''

export async function accessPage(me: Person): Promise<HTMLElement[]> {
  const access = await get('/access')
  if (!access.ok) return [element('section', {}, `${access.error}: ${access.hint}`)]
  const { groups, manage } = access.value
  const pick = (text: string, key: 'level' | 'lock' | 'mode', first: string): Field<HTMLSelectElement> => {
    const seen = [...new Set(groups.flatMap(({ rows }) => rows.map((row) => row[key])))]
    const picked = choice(
      text,
      seen.map((value) => [value, value]),
    )
    if (seen.includes(first)) picked.input.value = first
    return picked
  }
  const level = pick(t('Level of the address'), 'level', 'control')
  const lock = pick(t('Lock of the breaker'), 'lock', 'locked')
  const mode = pick(t('Mode'), 'mode', 'enforce')
  const place = element('div')
  const render = renderer(place)
  const draw = (): void => {
    const at = { level: level.input.value, lock: lock.input.value, mode: mode.input.value }
    render(at, () =>
      groups.flatMap(({ breakers, rows }) => {
        const roles = [...new Set(rows.map(({ role }) => role))]
        const asked = [...new Set(rows.map((row) => row.class))].sort((a, b) => classes.indexOf(a) - classes.indexOf(b))
        const cells = roles.map((role) => [role, ...asked.map((name) => verdict(verdictOf(rows, { role, class: name, ...at })))])
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
    aclCard(),
  ]
}

const verdict = (words: string): HTMLElement => element('span', { className: words.startsWith('allow') ? 'yes' : 'no' }, words)

function aclCard(): HTMLElement {
  const message = messageLine()
  const address = field(t('Address'), { autocomplete: 'off', placeholder: '10.20.0.17' })
  const place = element('div')
  const look = button(t('Which entry wins?'), async () => {
    const reply = await get(`/acl?${new URLSearchParams({ address: address.input.value.trim() }).toString()}`)
    if (!reply.ok) return message.failed(reply)
    message.clear()
    const entry = (found: AclEntryView | 'not-listed'): string =>
      found === 'not-listed' ? t('not listed: it may not connect') : t('{level}, by {from} in line {line}', found)
    const rows = reply.value.flatMap(({ listener, usual, of }) => [
      [listener, t('all others'), entry(usual)],
      ...of.map((found) => [listener, found.breaker, entry(found)]),
    ])
    place.replaceChildren(table(t('Access control list'), [t('Listener'), t('Breaker'), t('Entry')], rows))
  })
  return element(
    'section',
    { className: 'wide' },
    element('h2', {}, t('Access control list')),
    ...address.parts,
    look,
    message.place,
    place,
  )
}
