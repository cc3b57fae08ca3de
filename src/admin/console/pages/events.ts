// What happened: searched, followed, the story of one operation, and taken along.
import type { EventView } from '../../contract/index.ts'
import { get } from './api.ts'
import { type MessageLine, background, button, choice, element, field, messageLine, onSubmit } from './dom.ts'
import { t, when } from './texts.ts'

const severities = ['', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug']
const categories = ['access-control', 'request-error', 'control-system', 'backup-restore', 'configuration-change', 'audit-log', 'operation']
const PAGE_SIZE = 50
const SHOWN_AT_ONCE = 500

/** One event: when, how grave, in words, and who. What wants somebody is marked by a word, not by its colour alone. */
function row({ time, severity, text, fields, seq, id }: EventView): HTMLElement {
  const mark = element('b', { className: severity <= 3 ? 'bad' : severity === 4 ? 'warn' : 'mute' }, severities[severity] ?? '')
  const people = [fields['subject'], fields['source']].filter((part) => part !== undefined && part !== '').join(' · ')
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
function exportPart(): HTMLElement {
  const message = messageLine()
  const take = (format: 'csv' | 'jsonl' | 'bundle', words: string): HTMLElement => {
    const link = element(
      'a',
      { className: 'button', href: `/api/export?format=${format}${format === 'csv' ? '&bom=yes' : ''}`, download: '' },
      words,
    )
    let free = false
    const takeInTurn = async (): Promise<void> => {
      free = await turn(message)
      if (free) link.click()
    }
    link.addEventListener('click', (event) => {
      if (free) return void (free = false)
      event.preventDefault()
      background(takeInTurn())
    })
    return link
  }
  const exports = element(
    'p',
    { className: 'exports' },
    take('csv', t('Table (CSV)')),
    take('jsonl', t('Lines of JSON')),
    take('bundle', t('Signed bundle')),
  )
  const away = element('p', { className: 'mute' }, t('Take all of them along; each time is on record:'))
  return element('section', { className: 'wide' }, away, exports, message.place)
}

/** How often a page asks whether the export of somebody else has ended, milliseconds. */
const AGAIN_MS = 3000
let waits = false

/** The gateway makes one export at a time: waits for the place and says so. False: it cannot be had, or a click before waits already. */
async function turn(message: MessageLine): Promise<boolean> {
  if (waits) return false
  waits = true
  for (;;) {
    const reply = await get('/export/running', { unattended: true })
    if (reply.ok && reply.value.kind === 'running') {
      message.waiting(t('An export of {subject} is running. This one begins after it.', { subject: reply.value.subject }))
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
      continue
    }
    waits = false
    if (reply.ok) message.clear()
    else message.failed(reply)
    return reply.ok
  }
}

const counted = (count: number): string =>
  count === 0 ? t('Nothing like that.') : count === 1 ? t('1 event.') : t('{count} events.', { count })

/** The fields of the search, filled from the address. `query` is what is typed, as the API takes it. */
function searchPart() {
  const asked = new URLSearchParams(location.search)
  const severity = choice(t('Severity'), [
    ['', t('all')],
    ...severities.slice(1, 7).map((name) => [name, t('{severity} and graver', { severity: name })] as const),
  ])
  const category = choice(t('Category'), [['', t('all')], ...categories.map((name) => [name, name] as const)])
  const text = (words: string, key: string, properties: Partial<HTMLInputElement> = {}) => ({
    key,
    ...field(words, { autocomplete: 'off', autocapitalize: 'none', spellcheck: false, value: asked.get(key) ?? '', ...properties }),
  })
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

  const query = (more: Readonly<Record<string, string>> = {}): URLSearchParams => {
    const filled = new URLSearchParams(more)
    for (const { key, input } of inputs) {
      const value = input.value.trim()
      if (value !== '') filled.set(key, input.type === 'datetime-local' ? new Date(value).toISOString() : value)
    }
    return filled
  }
  const divOf = ({ parts }: (typeof inputs)[number]): HTMLElement => element('div', {}, ...parts)
  const first = inputs.filter(({ key }) => key === 'breaker' || key === 'severity')
  const rest = inputs.filter((input) => !first.includes(input))
  const more = element(
    'details',
    {},
    element('summary', {}, t('More ways to search')),
    element('div', { className: 'filters' }, ...rest.map(divOf)),
  )
  more.open = rest.some(({ key }) => asked.has(key))
  return { query, parts: [element('div', { className: 'filters' }, ...first.map(divOf)), more], choices: [severity, category] }
}

export async function eventsPage(): Promise<{ readonly parts: HTMLElement[]; readonly stop: () => void }> {
  const message = messageLine()
  const list = element('ol', { className: 'events', id: 'events' })
  const { query, parts, choices } = searchPart()
  let newest = 0
  let oldest = 0
  const load = async (): Promise<void> => {
    const reply = await get(`/events?${query({ limit: String(PAGE_SIZE) }).toString()}`)
    if (!reply.ok) return message.failed(reply)
    newest = reply.value.at(-1)?.seq ?? 0
    oldest = reply.value[0]?.seq ?? 0
    // A story is read from its beginning, all else from its end.
    const rows = query().has('correlation') ? reply.value : [...reply.value].reverse()
    list.replaceChildren(...rows.map(row))
    older.hidden = reply.value.length < PAGE_SIZE
    message.done(counted(reply.value.length))
  }
  const older = button(t('Older ones'), async () => {
    const after = Math.max(0, oldest - 1 - 1000)
    const reply = await get(`/events?${query({ limit: '1000', after: String(after) }).toString()}`)
    if (!reply.ok) return message.failed(reply)
    const before = reply.value.filter(({ seq }) => seq < oldest).slice(-PAGE_SIZE)
    if (before.length === 0 && after === 0) older.hidden = true
    oldest = before[0]?.seq ?? after + 1
    list.append(...before.reverse().map(row))
    message.done(before.length === 0 ? t('None among the 1000 before.') : t('{count} older ones.', { count: before.length }))
  })

  // Each press ends the loop of the one before: two would show each event twice.
  let presses = 0
  let over = false
  const follow = button(t('Follow'), async () => {
    presses += 1
    const mine = presses
    const wanted = (): boolean => mine === presses && mine % 2 === 1 && !over
    follow.setAttribute('aria-pressed', String(wanted()))
    while (wanted()) {
      const path = `/events?${query({ limit: '100', after: String(newest), wait: '10' }).toString()}` as const
      const reply = await get(path, { unattended: true, timeoutMs: 20_000 })
      if (!wanted()) return
      if (!reply.ok) {
        message.failed(reply)
        await new Promise((resume) => setTimeout(resume, 3000))
        continue
      }
      newest = reply.value.at(-1)?.seq ?? newest
      list.prepend(...[...reply.value].reverse().map(row))
      while (list.children.length > SHOWN_AT_ONCE) list.lastElementChild?.remove()
      message.done(t('following, up to {seq}', { seq: newest }))
    }
  })
  follow.setAttribute('aria-pressed', 'false')

  const search = element('form', {}, ...parts, element('button', { className: 'main' }, t('Show')), follow)
  onSubmit(search, () => {
    history.replaceState(null, '', `/events?${query().toString()}`)
    return load()
  })
  for (const { input } of choices) input.addEventListener('change', () => background(load()))
  await load()
  return {
    parts: [
      element('section', { className: 'wide' }, element('h1', {}, t('Events')), search, message.place),
      element('section', { className: 'wide' }, list, older),
      exportPart(),
    ],
    stop: () => (over = true),
  }
}
