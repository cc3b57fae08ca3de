// What happened: searched, followed, the story of one operation, and taken along.
import { button, call, choice, element, field, teller } from './dom.js'
import { t, when } from './texts.js'

const severities = ['', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug']
const categories = ['access-control', 'request-error', 'control-system', 'backup-restore', 'configuration-change', 'audit-log', 'operation']
const shown = 50

/** One event: when, how grave, in words, and who. What wants somebody is marked by a word, not by its colour alone. */
function row({ time, severity, text, fields, seq, id }) {
  const mark = element('b', { className: severity <= 3 ? 'bad' : severity === 4 ? 'warn' : 'mute' }, severities[severity])
  const people = [fields.subject, fields.source].filter((part) => part !== undefined && part !== '').join(' · ')
  const { correlation } = fields
  const story =
    correlation === undefined || correlation === ''
      ? []
      : [' ', element('a', { href: `/events?correlation=${encodeURIComponent(correlation)}` }, t('the whole story'))]
  const all = Object.entries(fields).filter(([, value]) => value !== '')
  return element(
    'li',
    {},
    element('p', { className: 'mute' }, `${seq} · `, element('time', { dateTime: time }, when(time)), ' · ', mark, ` · ${id}`),
    element('p', {}, text, ...story),
    ...(people === '' ? [] : [element('p', { className: 'mute' }, people)]),
    element(
      'details',
      {},
      element('summary', {}, t('All fields')),
      element(
        'dl',
        { className: 'fields' },
        ...all.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, String(value))]),
      ),
    ),
  )
}

/** All of them, to be kept elsewhere. */
function exportPart() {
  const take = (format, words) =>
    element('a', { className: 'button', href: `/api/export?format=${format}${format === 'csv' ? '&bom=yes' : ''}`, download: '' }, words)
  const exports = element(
    'p',
    { className: 'exports' },
    take('csv', t('Table (CSV)')),
    take('jsonl', t('Lines of JSON')),
    take('bundle', t('Signed bundle')),
  )
  const away = element('p', { className: 'mute' }, t('Take all of them along; each time is on record:'))
  return element('section', { className: 'wide' }, away, exports)
}

const counted = (count) => (count === 0 ? t('Nothing like that.') : count === 1 ? t('1 event.') : t('{count} events.', { count }))

export async function eventsPage() {
  const asked = new URLSearchParams(location.search)
  const say = teller()
  const list = element('ol', { className: 'events', id: 'events' })
  const severity = choice(t('Severity'), [
    ['', t('all')],
    ...severities.slice(1, 7).map((one) => [one, t('{severity} and graver', { severity: one })]),
  ])
  const category = choice(t('Category'), [['', t('all')], ...categories.map((one) => [one, one])])
  const text = (words, key, properties = {}) => {
    const made = field(words, {
      autocomplete: 'off',
      autocapitalize: 'none',
      spellcheck: false,
      value: asked.get(key) ?? '',
      ...properties,
    })
    return { key, ...made }
  }
  const inputs = [
    text(t('Breaker'), 'breaker', { placeholder: 'Q1' }),
    text(t('Who'), 'subject'),
    text(t('Event'), 'id', { placeholder: 'operation-denied' }),
    text(t('Story'), 'correlation'),
    text(t('Since'), 'since', { type: 'datetime-local' }),
    text(t('Until'), 'until', { type: 'datetime-local' }),
    { key: 'severity', ...severity },
    { key: 'category', ...category },
  ]
  severity.input.value = asked.get('severity') ?? ''
  category.input.value = asked.get('category') ?? ''

  const query = (more) => {
    const made = new URLSearchParams(more)
    for (const { key, input } of inputs) {
      const value = input.value.trim()
      if (value !== '') made.set(key, input.type === 'datetime-local' ? new Date(value).toISOString() : value)
    }
    return made
  }
  let newest = 0
  let oldest = 0
  const load = async () => {
    const said = await call(`/events?${query({ limit: String(shown) })}`)
    if (!said.ok) return say.bad(said)
    newest = said.value.at(-1)?.seq ?? 0
    oldest = said.value[0]?.seq ?? 0
    // A story is read from its beginning, all else from its end.
    const rows = query().has('correlation') ? said.value : [...said.value].reverse()
    list.replaceChildren(...rows.map(row))
    older.hidden = said.value.length < shown
    say.good(counted(said.value.length))
  }
  const older = button(t('Older ones'), async () => {
    const after = Math.max(0, oldest - 1 - 1000)
    const said = await call(`/events?${query({ limit: '1000', after: String(after) })}`)
    if (!said.ok) return say.bad(said)
    const before = said.value.filter(({ seq }) => seq < oldest).slice(-shown)
    if (before.length === 0 && after === 0) older.hidden = true
    oldest = before[0]?.seq ?? after + 1
    list.append(...before.reverse().map(row))
    say.good(before.length === 0 ? t('None among the 1000 before.') : t('{count} older ones.', { count: before.length }))
  })

  let following = false
  let over = false
  const follow = button(t('Follow'), async () => {
    following = !following
    follow.setAttribute('aria-pressed', String(following))
    while (following && !over) {
      const said = await call(`/events?${query({ limit: '100', after: String(newest), wait: '10' })}`, undefined, {
        unattended: true,
        timeoutMs: 20_000,
      })
      if (!following || over) return
      if (!said.ok) {
        say.bad(said)
        await new Promise((resume) => setTimeout(resume, 3000))
        continue
      }
      if (said.value.length > 0) {
        newest = said.value.at(-1).seq
        list.prepend(...[...said.value].reverse().map(row))
        while (list.children.length > 500) list.lastElementChild.remove()
      }
      say.good(t('following, up to {seq}', { seq: newest }))
    }
  })
  follow.setAttribute('aria-pressed', 'false')

  const place = ({ parts }) => element('div', {}, ...parts)
  const first = inputs.filter(({ key }) => key === 'breaker' || key === 'severity')
  const rest = inputs.filter((one) => !first.includes(one))
  const more = element(
    'details',
    {},
    element('summary', {}, t('More ways to search')),
    element('div', { className: 'filters' }, ...rest.map(place)),
  )
  more.open = rest.some(({ key }) => asked.has(key))
  const made = element(
    'form',
    {},
    element('div', { className: 'filters' }, ...first.map(place)),
    more,
    element('button', { className: 'main' }, t('Show')),
    follow,
  )
  made.addEventListener('submit', (event) => {
    event.preventDefault()
    history.replaceState(null, '', `/events?${query()}`)
    void load()
  })
  for (const { input } of [severity, category]) input.addEventListener('change', () => void load())
  await load()
  return {
    parts: [
      element('section', { className: 'wide' }, element('h1', {}, t('Events')), made, say.place),
      element('section', { className: 'wide' }, list, older),
      exportPart(),
    ],
    stop: () => (over = true),
  }
}
