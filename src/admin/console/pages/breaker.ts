// One breaker, for whoever stands before it: what it is, whether it may be operated from afar, and what was refused.
import { button, call, element, field, shower, teller } from './dom.js'
import { follow } from './live.js'
import { contact, isStale, stateWord } from './symbols.js'
import { tagCard } from './tags.js'
import { lasting, shortly, t } from './texts.js'
import { lockCard } from './unlock.js'

const REFUSED_EVERY_MS = 30_000

export async function breakerPage(me, name) {
  const path = `/breakers/${encodeURIComponent(name)}`
  const first = await call(path)
  if (!first.ok)
    return [
      element('section', {}, element('h1', {}, name), `${first.error}: ${first.hint} `, element('a', { href: '/' }, t('All breakers'))),
    ]
  const lock = lockCard(me, name)
  const tags = tagCard(me, name)
  const state = stateCard(first.value.breaker)
  const refused = refusedCard(me, name)
  const emergency = emergencyCard(me, name, path)
  const warns = element('div', { className: 'warns' })
  const showWarns = shower(warns)
  const currents = element('section', { ariaLabel: t('Currents') })
  const showCurrents = shower(currents)

  const hear = (live) => {
    const { breaker, masterLock, unlock, faults } = live
    state.hear(breaker)
    lock.hear(breaker.locks, unlock)
    tags.hear(breaker)
    emergency.hear(breaker)
    showWarns([masterLock, faults, breaker.mode, breaker.keySwitches], () => [
      ...breaker.keySwitches.map((name) => element('p', { className: 'alarm' }, element('b', {}, t('BARRED BY A KEY SWITCH')), ` ${name}`)),
      ...(masterLock.on
        ? [
            element(
              'p',
              { className: 'alarm' },
              element('b', {}, t('MASTER LOCK IS ON')),
              ` ${t('by {name}', { name: masterLock.by })}: ${masterLock.reason}`,
            ),
          ]
        : []),
      ...faults.map(({ part, reason }) =>
        element('p', { className: 'alarm' }, element('b', {}, t('EVERY OPERATION IS DENIED')), ` ${part}: ${reason}`),
      ),
      ...(breaker.mode === 'observe'
        ? [element('p', { className: 'alarm' }, element('b', {}, t('OBSERVED ONLY')), ` ${t('locks are not enforced here: tags are')}`)]
        : []),
    ])
    showCurrents(breaker.currents, () =>
      breaker.currents.length === 0 ? [] : [element('h2', {}, t('Currents, A')), currentsList(breaker.currents)],
    )
    currents.hidden = breaker.currents.length === 0
  }
  hear(first.value)
  const stopLive = follow(`?breaker=${encodeURIComponent(name)}`, hear, (link) => {
    state.link(link)
    lock.tick()
    currents.classList.toggle('old', link.old)
  })
  const timer = setInterval(() => void refused.load(), REFUSED_EVERY_MS)
  await refused.load()
  return {
    parts: [state.card, warns, lock.card, tags.card, currents, refused.card, emergency.card],
    stop() {
      stopLive()
      clearInterval(timer)
    },
  }
}

function currentsList(currents) {
  const names = ['L1', 'L2', 'L3', 'N']
  return element(
    'dl',
    { className: 'currents' },
    ...currents.map((amps, i) => element('div', {}, element('dt', {}, names[i] ?? `I${i + 1}`), element('dd', {}, String(amps)))),
  )
}

function stateCard({ name, label, family, unit, bus }) {
  const picture = element('span', { className: 'picture' })
  const word = element('p', { className: 'word', id: 'state-word' })
  const since = element('p', {})
  const age = element('p', { className: 'age', id: 'state-age' })
  const card = element(
    'section',
    { className: 'state', ariaLabel: t('State of the breaker') },
    element('h1', {}, label === '' ? name : `${name} · ${label}`),
    picture,
    word,
    since,
    age,
    element('p', { className: 'about' }, t('{family} · unit {unit} · bus {bus}', { family, unit, bus })),
  )
  const show = shower(picture)
  let seen
  let at = 0
  let line = { old: false, words: '' }
  const draw = () => {
    const waited = performance.now() - at
    const ageMs = seen.stateAgeMs === 'never' ? 'never' : seen.stateAgeMs + waited
    const old = line.old || isStale({ ...seen, stateAgeMs: ageMs })
    card.className = `state ${old ? 'old' : seen.state}`
    show(seen.state, () => [contact(seen.state)])
    const told = stateWord(seen.state)
    word.textContent = old && seen.state !== 'unknown' ? t('last: {state}', { state: told }) : told
    since.textContent =
      seen.stateSince === '' ? '' : t(seen.stateWatched ? 'since {time}' : 'since {time} or longer', { time: shortly(seen.stateSince) })
    const silent = seen.reachable === 'no' ? ` · ${t('the breaker does not answer')}` : ''
    age.textContent = `${ageMs === 'never' ? t('not seen yet') : t('seen {time} ago', { time: lasting(ageMs / 1000) })} · ${line.words}${silent}`
  }
  return {
    card,
    hear(breaker) {
      seen = breaker
      at = performance.now()
      draw()
    },
    link(next) {
      line = next
      draw()
    },
  }
}

/** What was refused in the last hour, and why. */
function refusedCard(me, name) {
  const list = element('ul', { className: 'refused' })
  const show = shower(list)
  const more = element('a', { href: `/events?breaker=${encodeURIComponent(name)}` }, t('All that happened here'))
  const card = element(
    'section',
    { ariaLabel: t('Refused in the last hour') },
    element('h2', {}, t('Refused in the last hour')),
    list,
    more,
  )
  card.hidden = !me.may.includes('events')
  return {
    card,
    async load() {
      if (card.hidden) return
      const since = new Date(Date.now() - 3600 * 1000).toISOString()
      const said = await call(`/events?${new URLSearchParams({ breaker: name, id: 'operation-denied', since, limit: '20' })}`, undefined, {
        unattended: true,
      })
      if (!said.ok) return
      const rows = [...said.value].reverse()
      show(
        rows.map(({ seq }) => seq),
        () =>
          rows.length === 0
            ? [element('li', { className: 'mute' }, t('Nothing.'))]
            : rows.map(({ time, fields }) =>
                element(
                  'li',
                  {},
                  element('time', { dateTime: time }, shortly(time)),
                  ' ',
                  element('b', {}, String(fields.operation)),
                  ` ${fields.subject}: ${fields.reason}`,
                ),
              ),
      )
    },
  }
}

/** Opening whatever is locked: two steps, the second is the name of the breaker typed once more. */
function emergencyCard(me, name, path) {
  const say = teller()
  const reason = field(t('Reason'), { maxLength: 200, autocomplete: 'off' })
  const typed = field(t('Type {name} to open it', { name }), { autocomplete: 'off', autocapitalize: 'none', spellcheck: false })
  let ticket
  const second = element(
    'div',
    { hidden: true },
    ...typed.parts,
    button(t('OPEN {name} NOW', { name }), confirm, { className: 'main danger' }),
  )
  async function ask() {
    say.wait(t('asking the gateway …'))
    const said = await call(`${path}/emergency-open`, { reason: reason.input.value })
    if (!said.ok) return say.bad(said)
    ticket = said.value.ticket
    second.hidden = false
    say.wait(t('Within 30 s: type the name. The SOC is told.'))
    typed.input.focus()
  }
  async function confirm() {
    say.wait(t('asking the gateway …'))
    const said = await call(`${path}/emergency-open/confirm`, { ticket, breaker: typed.input.value })
    second.hidden = said.ok
    if (said.ok) say.good(t('The open command was sent. Look at the breaker itself.'))
    else say.bad(said)
  }
  const card = element(
    'section',
    { className: 'emergency', hidden: true, ariaLabel: t('Emergency opening') },
    element(
      'details',
      {},
      element('summary', {}, t('Emergency opening')),
      element('p', {}, t('Opens whatever is locked or tagged; it is an alert for the SOC.')),
      ...reason.parts,
      button(t('Ask to open'), ask),
      second,
      say.place,
    ),
  )
  return { card, hear: ({ emergencyOpen }) => (card.hidden = !emergencyOpen || !me.may.includes('emergency-open')) }
}
