// What every part of the pages is made with. Every text goes in as text, never as HTML.
export async function call(path, body) {
  const options = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(`/api${path}`, { ...options, credentials: 'same-origin' }).catch(() => undefined)
  if (response === undefined) return { ok: false, error: 'the gateway does not answer', hint: 'is the network there?' }
  const said = await response.json().catch(() => ({ error: `status ${response.status}`, hint: '' }))
  return response.ok ? { ok: true, value: said } : { ok: false, ...said }
}

export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value
    else made.setAttribute(name, value)
  }
  made.append(...children)
  return made
}

/** What became of something: read aloud, and red when it did not work. */
export function teller() {
  const place = element('p', { className: 'say', role: 'status' })
  return {
    place,
    good: (text) => ((place.className = 'say'), (place.textContent = text)),
    bad: ({ error, hint }) => ((place.className = 'say bad'), (place.textContent = hint ? `${error}: ${hint}` : error)),
  }
}
