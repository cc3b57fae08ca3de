// One breaker, for whoever stands before it: what it is, whether it may be operated from afar, and what was refused.
import type { BreakerLive, BreakerView, EventView } from '../../contract/index.ts'
import { type Person, get, post } from './api.ts'
import { background, button, element, field, messageLine, renderer } from './dom.ts'
import { alarm, faultAlarms } from './faults.ts'
import { type LinkState, follow } from './live.ts'
import { contact, isStale, recordMark, stateWord } from './symbols.ts'
import { tagCard } from './tags.ts'
import { lasting, shortly, t } from './texts.ts'
import { lockCard } from './unlock.ts'

const REFUSED_EVERY_MS = 30_000

type Page = readonly HTMLElement[] | { readonly parts: readonly HTMLElement[]; readonly stop: () => void }
export async function breakerPage(me: Person, name: string): Promise<Page> {
  const first = await get(`/breakers/${encodeURIComponent(name)}`)
  if (!first.ok)
    return [
      element('section', {}, element('h1', {}, name), `${first.error}: ${first.hint} `, element('a', { href: '/' }, t('All breakers'))),
    ]
  const lock = lockCard(me, name)
  const tags = tagCard(me, name)
  const state = stateCard(first.value.breaker)
  const refused = refusedCard(me, name)
  const emergency = emergencyCard(me, name)
  const warns = element('div', { className: 'warns' })
  const renderWarnings = renderer(warns)
  const currents = element('section', { ariaLabel: t('Currents') })
  const renderCurrents = renderer(currents)

  const update = (live: BreakerLive): void => {
    const { breaker, masterLock, unlock, faults } = live
    state.update(breaker)
    lock.update(breaker.locks, unlock)
    tags.update(breaker)
    emergency.update(breaker)
    renderWarnings([masterLock, faults, breaker.mode, breaker.keySwitches], () => warningsOf(live))
    renderCurrents(breaker.currents, () =>
      breaker.currents.length === 0 ? [] : [element('h2', {}, t('Currents, A')), currentsList(breaker.currents)],
    )
    currents.hidden = breaker.currents.length === 0
  }
  update(first.value)
  const stopLive = follow(`/live?breaker=${encodeURIComponent(name)}`, update, (link) => {
    state.updateLink(link)
    lock.tick()
    currents.classList.toggle('old', link.old)
  })
  const timer = setInterval(() => background(refused.load()), REFUSED_EVERY_MS)
  await refused.load()
  return {
    parts: [state.card, warns, lock.card, tags.card, currents, refused.card, emergency.card],
    stop() {
      stopLive()
      clearInterval(timer)
    },
  }
}

/** What bars every operation of this breaker, or lets it pass unlocked. */
function warningsOf({ breaker, masterLock, faults }: BreakerLive): HTMLElement[] {
  return [
    ...breaker.keySwitches.map((name) => alarm(t('BARRED BY A KEY SWITCH'), name)),
    ...(masterLock.on
      ? [alarm(t('MASTER LOCK IS ON'), `${t('by {name}', { name: masterLock.by })}: ${masterLock.reason}${recordMark(masterLock)}`)]
      : []),
    ...faultAlarms(faults),
    ...(breaker.mode === 'observe' ? [alarm(t('OBSERVED ONLY'), t('locks are not enforced here: tags are'))] : []),
  ]
}

function currentsList(currents: readonly number[]): HTMLElement {
  const names = ['L1', 'L2', 'L3', 'N']
  return element(
    'dl',
    { className: 'currents' },
    ...currents.map((amps, i) => element('div', {}, element('dt', {}, names[i] ?? `I${i + 1}`), element('dd', {}, String(amps)))),
  )
}

function stateCard(first: BreakerView) {
  const { name, label, family, unit, bus } = first
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
  const renderPicture = renderer(picture)
  let seen = first
  let seenAt = performance.now()
  let link: LinkState = { old: false, words: '' }
  const draw = (): void => {
    const waited = performance.now() - seenAt
    const ageMs = seen.stateAgeMs === 'never' ? 'never' : seen.stateAgeMs + waited
    const old = link.old || isStale({ ...seen, stateAgeMs: ageMs })
    card.className = `state ${old ? 'old' : seen.state}`
    renderPicture(seen.state, () => [contact(seen.state)])
    const state = stateWord(seen.state)
    word.textContent = old && seen.state !== 'unknown' ? t('last: {state}', { state }) : state
    since.textContent =
      seen.stateSince === '' ? '' : t(seen.stateWatched ? 'since {time}' : 'since {time} or longer', { time: shortly(seen.stateSince) })
    const silent = seen.reachable === 'no' ? ` · ${t('the breaker does not answer')}` : ''
    age.textContent = `${ageMs === 'never' ? t('not seen yet') : t('seen {time} ago', { time: lasting(ageMs / 1000) })} · ${link.words}${silent}`
  }
  return {
    card,
    update(breaker: BreakerView) {
      seen = breaker
      seenAt = performance.now()
      draw()
    },
    updateLink(next: LinkState) {
      link = next
      draw()
    },
  }
}

/** Rows of refusals that are read at most; with more the page says "or more". */
const REFUSALS_READ = 100
const REFUSALS_SHOWN = 20

/**
 * What was refused in the last hour and why: refusals, and the sums of those that were repeated, also of a client whose refusals at many
 * breakers are one sum without a breaker.
 */
async function refusals(name: string): Promise<readonly EventView[] | 'not-read'> {
  // The newest ones: with an instant in the query the API would give the oldest since then.
  const query = { id: 'operation-denied', limit: String(REFUSALS_READ) }
  const path = (more: Record<string, string>) => `/events?${new URLSearchParams({ ...query, ...more }).toString()}` as const
  const here = await get(path({ breaker: name }), { unattended: true })
  const summed = await get(path({ category: 'request-error' }), { unattended: true })
  if (!here.ok || !summed.ok) return 'not-read'
  const anywhere = summed.value.filter(({ fields }) => fields['breaker'] === '')
  const since = Date.now() - 3600 * 1000
  return [...here.value, ...anywhere].filter(({ time }) => Date.parse(time) >= since).sort((a, b) => b.seq - a.seq)
}

const timesOf = ({ id, fields }: EventView): number => (id === 'events-collapsed' ? Number(fields['count']) : 1)

/** The newest first: how many there were and when the last one was, then each. */
function refusedRows(rows: readonly EventView[]): HTMLElement[] {
  const [last] = rows
  if (last === undefined) return [element('li', { className: 'mute' }, t('Nothing.'))]
  const count = rows.reduce((sum, row) => sum + timesOf(row), 0)
  const said = { count, time: shortly(last.time) }
  const head = rows.length < REFUSALS_READ ? t('{count} refused, last at {time}', said) : t('{count} or more refused, last at {time}', said)
  return [element('li', { className: 'mute' }, head), ...rows.slice(0, REFUSALS_SHOWN).map(refusedRow)]
}

function refusedRow(row: EventView): HTMLElement {
  const { id, time, fields } = row
  const { operation, subject, reason, breaker, count, seconds } = fields
  const more =
    id === 'events-collapsed' ? ` · ${t('{count} more within {seconds} s', { count: String(count), seconds: String(seconds) })}` : ''
  const what = breaker === '' ? t('operations at several breakers') : String(operation)
  return element(
    'li',
    {},
    element('time', { dateTime: time }, shortly(time)),
    ' ',
    element('b', {}, what),
    ` ${String(subject)}: ${String(reason)}${more}`,
  )
}

/** What was refused in the last hour, and why. */
function refusedCard(me: Person, name: string) {
  const list = element('ul', { className: 'refused' })
  const renderList = renderer(list)
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
      const rows = await refusals(name)
      if (rows === 'not-read') return
      renderList(
        rows.map(({ seq }) => seq),
        () => refusedRows(rows),
      )
    },
  }
}

/** Opening whatever is locked: two steps, the second is the name of the breaker typed once more. */
function emergencyCard(me: Person, name: string) {
  const path = `/breakers/${encodeURIComponent(name)}` as const
  const message = messageLine()
  const reason = field(t('Reason'), { maxLength: 200, autocomplete: 'off' })
  const typed = field(t('Type {name} to open it', { name }), { autocomplete: 'off', autocapitalize: 'none', spellcheck: false })
  let ticket = ''
  const second = element(
    'div',
    { hidden: true },
    ...typed.parts,
    button(t('OPEN {name} NOW', { name }), confirm, { className: 'main danger' }),
  )
  async function ask(): Promise<void> {
    message.waiting(t('asking the gateway …'))
    const reply = await post(`${path}/emergency-open`, { reason: reason.input.value })
    if (!reply.ok) return message.failed(reply)
    ticket = reply.value.ticket
    second.hidden = false
    message.waiting(t('Within 30 s: type the name. The SOC is told.'))
    typed.input.focus()
  }
  async function confirm(): Promise<void> {
    message.waiting(t('asking the gateway …'))
    const reply = await post(`${path}/emergency-open/confirm`, { ticket, breaker: typed.input.value })
    second.hidden = reply.ok
    if (reply.ok) message.done(t('The open command was sent. Look at the breaker itself.'))
    else message.failed(reply)
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
      message.place,
    ),
  )
  return {
    card,
    update({ emergencyOpen }: BreakerView) {
      card.hidden = !emergencyOpen || !me.may.includes('emergency-open')
    },
  }
}
