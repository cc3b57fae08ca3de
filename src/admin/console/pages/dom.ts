// What every part of the pages is made with. Every text goes in as text, never as HTML.
import { t } from './texts.js'

/** One call of the API. `unattended`: the page asks by itself, which keeps nobody logged in. */
export async function call(path, body, { unattended = false, timeoutMs = 12_000 } = {}) {
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(unattended ? { 'x-breakwall-unattended': '1' } : {}),
  }
  const options = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) }
  const response = await fetch(`/api${path}`, { ...options, credentials: 'same-origin', signal: AbortSignal.timeout(timeoutMs) }).catch(
    () => undefined,
  )
  if (response === undefined) return { ok: false, status: 0, error: t('no answer from the gateway'), hint: t('is the network there?') }
  const said = await response.json().catch(() => ({ error: `status ${response.status}`, hint: '' }))
  if (response.status === 401 && path !== '/login') document.dispatchEvent(new CustomEvent('logged-out'))
  return response.ok ? { ok: true, status: response.status, value: said } : { ok: false, status: response.status, ...said }
}

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name in made && name !== 'list') made[name] = value
    else made.setAttribute(name, value)
  }
  made.append(...children)
  return made
}

/** A drawing out of the outlines of shapes; it is never all that says something. */
export function drawing(outlines, { box = '0 0 64 64', width = 5 } = {}) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  for (const [name, value] of Object.entries({ viewBox: box, fill: 'none', 'aria-hidden': 'true', 'stroke-width': width }))
    svg.setAttribute(name, value)
  for (const outline of outlines) {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    path.setAttribute('d', outline)
    svg.append(path)
  }
  return svg
}

/** What became of something: read aloud, and red when it did not work. */
export function teller() {
  const place = element('p', { className: 'say', role: 'status' })
  return {
    place,
    good: (text) => ((place.className = 'say'), (place.textContent = text)),
    wait: (text) => ((place.className = 'say waits'), (place.textContent = text)),
    bad: ({ error, hint }) => ((place.className = 'say bad'), (place.textContent = hint ? `${error}: ${hint}` : error)),
    nothing: () => (place.textContent = ''),
  }
}

let fields = 0
/** An input with its label. */
export function field(text, properties = {}, tag = 'input', ...children) {
  fields += 1
  const input = element(tag, { id: `field-${fields}`, ...properties }, ...children)
  return { input, label: element('label', { htmlFor: input.id }, text), parts: [element('label', { htmlFor: input.id }, text), input] }
}

export function choice(text, options, properties = {}) {
  return field(text, properties, 'select', ...options.map(([value, words]) => element('option', { value }, words)))
}

export function button(text, run, properties = {}) {
  const made = element('button', { type: 'button', ...properties }, text)
  made.addEventListener('click', () => void run(made))
  return made
}

/** A form that works once at a time; `run` gets what was typed. */
export function form(title, labels, go, run) {
  const say = teller()
  const inputs = labels.map(([text, properties]) => field(text, properties))
  const press = element('button', { className: 'main' }, go)
  const made = element('form', {}, ...inputs.flatMap(({ parts: [label, input] }) => [label, input]), press, say.place)
  made.addEventListener('submit', async (event) => {
    event.preventDefault()
    press.disabled = true
    say.wait(t('asking the gateway …'))
    try {
      await run(
        inputs.map(({ input }) => input.value),
        say,
      )
    } finally {
      press.disabled = false
    }
  })
  return element('section', {}, element('h2', {}, title), made)
}

/** Makes the content of a place anew only when what it shows has changed: who reads or points there is not disturbed. */
export function shower(place) {
  let shown = ''
  return (what, make) => {
    const key = JSON.stringify(what)
    if (key === shown) return
    shown = key
    place.replaceChildren(...make())
  }
}

export function table(caption, heads, rows) {
  const head = element('thead', {}, element('tr', {}, ...heads.map((one) => element('th', { scope: 'col' }, one))))
  const cell = (one, at) => (at === 0 ? element('th', { scope: 'row' }, one) : element('td', {}, one))
  const body = element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map(cell))))
  // A wide table moves by itself, also by keys.
  return element(
    'div',
    { className: 'scrolls', tabIndex: 0, role: 'region', ariaLabel: caption },
    element('table', {}, element('caption', {}, caption), head, body),
  )
}
