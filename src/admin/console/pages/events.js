// What happened, and whether it reaches the SOC.
import { call, element, teller } from './dom.js'

const severities = ['', 'alert', 'critical', 'error', 'warning', 'notice', 'informational', 'debug']
const shown = 50

const option = (value, text) => element('option', { value }, text)

/** One event: when, how grave, in words, and who. What wants somebody is marked by a word, not by its colour alone. */
function row({ time, severity, text, fields, seq }) {
  const when = new Date(time).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' })
  const people = [fields.subject, fields.source].filter((part) => part !== undefined && part !== '').join(' · ')
  const mark = element('b', { className: severity <= 3 ? 'bad' : severity === 4 ? 'warn' : 'mute' }, severities[severity])
  const head = element('p', { className: 'mute' }, `${seq} · ${when} · `, mark)
  return element('li', {}, head, element('p', {}, text), ...(people === '' ? [] : [element('p', { className: 'mute' }, people)]))
}

export async function eventsPart(me) {
  if (!me.may.includes('events')) return []
  const say = teller()
  const list = element('ol', { className: 'events' })
  const severity = element(
    'select',
    { id: 'events-severity' },
    option('', 'all'),
    ...['warning', 'error', 'alert'].map((one) => option(one, `${one} and graver`)),
  )
  const breaker = element('input', { id: 'events-breaker', placeholder: 'such as Q1', autocapitalize: 'none', spellcheck: false })
  const load = async () => {
    const query = new URLSearchParams({ limit: String(shown) })
    if (severity.value !== '') query.set('severity', severity.value)
    if (breaker.value.trim() !== '') query.set('breaker', breaker.value.trim())
    const said = await call(`/events?${query}`)
    if (!said.ok) return say.bad(said)
    list.replaceChildren(...said.value.reverse().map(row))
    say.good(said.value.length === 0 ? 'Nothing like that.' : `The newest ${said.value.length}.`)
  }
  const form = element(
    'form',
    {},
    element('label', { htmlFor: 'events-severity' }, 'Severity'),
    severity,
    element('label', { htmlFor: 'events-breaker' }, 'Breaker'),
    breaker,
    element('button', { className: 'main' }, 'Show'),
  )
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void load()
  })
  severity.addEventListener('change', () => void load())
  const take = (format, text) =>
    element('a', { className: 'button', href: `/api/export?format=${format}${format === 'csv' ? '&bom=yes' : ''}`, download: '' }, text)
  const exports = element(
    'p',
    { className: 'exports' },
    take('csv', 'Table (CSV)'),
    take('jsonl', 'Lines of JSON'),
    take('bundle', 'Signed bundle'),
  )
  const away = element('p', { className: 'mute' }, 'Take all of them along; each time is on record:')
  const part = element('section', { id: 'events' }, element('h2', {}, 'What happened'), form, list, say.place, away, exports)
  await load()
  return [part]
}

/** Sinks that do not deliver, or are behind their limit; nothing when all is well. */
export async function sinksPart(me) {
  if (!me.may.includes('look')) return []
  const said = await call('/sinks')
  const bad = said.ok ? said.value.filter(({ connected, behind }) => !connected || behind) : []
  if (bad.length === 0) return []
  const rows = bad.map(({ name, receiver, connected, why, behind, owed, owedSeconds }) => {
    const state = connected ? 'connected' : why
    const queue = behind ? `${owed} events wait, the oldest for ${owedSeconds} s` : `${owed} events wait`
    return element(
      'p',
      { className: 'bad' },
      element('b', {}, behind ? 'BEHIND ' : 'NOT CONNECTED '),
      `${name}, ${receiver}: ${state}; ${queue}`,
    )
  })
  return [element('section', { className: 'alarm' }, element('h2', {}, 'Events do not reach the SOC'), ...rows)]
}
