// All breakers at a glance, and what stands before them: live.
import type { BreakerView, BusView, MasterLockView, Scope, StatusView } from '../../contract/index.ts'
import { type Person, post } from './api.ts'
import { type Content, button, choice, element, field, messageLine, renderer, table } from './dom.ts'
import { alarm, faultAlarms } from './faults.ts'
import { follow } from './live.ts'
import { contact, isStale, padlock, recordMark, scopeWord, scopes, stateWord, tagMark } from './symbols.ts'
import { lasting, shortly, t } from './texts.ts'

export function sitePage(me: Person): { readonly parts: HTMLElement[]; readonly stop: () => void } {
  const title = element('h1')
  const age = element('p', { className: 'age', id: 'site-age' })
  const master = masterCard(me)
  const board = boardPart()
  const rest = restParts()
  const stop = follow(
    '/live',
    (status) => {
      title.textContent = status.site
      master.update(status.masterLock)
      board.update(status.breakers, status.buses)
      rest.update(status)
    },
    ({ old, words }) => {
      age.textContent = words
      board.place.classList.toggle('old', old)
    },
  )
  const top = element('section', { className: 'wide' }, title, age, rest.warns)
  return { parts: [top, board.place, master.card, ...rest.parts], stop }
}

function masterCard(me: Person) {
  const message = messageLine()
  const word = element('p', { className: 'line' })
  const renderWord = renderer(word)
  const reason = field(t('Reason'), { maxLength: 200, autocomplete: 'off' })
  let on = false
  const turn = button('', async () => {
    message.waiting(t('asking the gateway …'))
    const reply = await post('/master-lock', { on: !on, reason: reason.input.value })
    if (reply.ok && !reply.value.recorded)
      message.unrecorded(t('The whole site is locked, but this is not recorded yet: a restart would lose it.'))
    else if (reply.ok) message.done(reply.value.on ? t('The whole site is locked.') : t('The locks of the breakers count again.'))
    else message.failed(reply)
  })
  const may = element('div', { hidden: !me.may.includes('master-lock') }, ...reason.parts, turn)
  return {
    card: element(
      'section',
      { className: 'lock', ariaLabel: t('Master lock') },
      element('h2', {}, t('Master lock of the site')),
      word,
      may,
      message.place,
    ),
    update(state: MasterLockView) {
      on = state.on
      renderWord(state, () => [
        element('strong', {}, padlock(on), ` ${on ? t('ON: nothing passes') : t('OFF')}`),
        ...(state.by === ''
          ? []
          : [
              element(
                'span',
                { className: 'mute' },
                ` ${t('by {name}', { name: state.by })}, ${shortly(state.since)}: ${state.reason}${recordMark(state)}`,
              ),
            ]),
      ])
      turn.textContent = on ? t('Take the master lock off') : t('Lock the whole site')
      turn.className = on ? '' : 'main big'
    },
  }
}

/** A card for each breaker, grouped by the bus that it hangs on, as in a single-line diagram. */
function boardPart() {
  const search = field(t('Find'), { type: 'search', autocomplete: 'off', placeholder: t('name or label') })
  const only = choice(t('Show'), [
    ['all', t('all')],
    ['closed', t('closed')],
    ['open', t('open')],
    ['tripped', t('tripped')],
    ['unknown', t('unknown or silent')],
    ['unlocked', t('unlocked')],
    ['tagged', t('tagged')],
  ])
  const count = element('p', { className: 'mute', role: 'status' })
  const groups = element('div', { className: 'groups' })
  const renderGroups = renderer(groups)
  const cards = new Map<string, BreakerCard>()
  let last: readonly BreakerView[] = []
  const filter = (): void => {
    const wanted = search.input.value.trim().toLowerCase()
    let shown = 0
    for (const breaker of last) {
      const words = `${breaker.name} ${breaker.label}`.toLowerCase()
      const hit = words.includes(wanted) && fits(breaker, only.input.value)
      const card = cards.get(breaker.name)
      if (card !== undefined) card.link.hidden = !hit
      if (hit) shown += 1
    }
    count.textContent = t('{shown} of {all} breakers', { shown, all: last.length })
  }
  search.input.addEventListener('input', filter)
  only.input.addEventListener('change', filter)
  const place = element(
    'section',
    { className: 'wide', ariaLabel: t('Breakers') },
    element('div', { className: 'filters' }, element('div', {}, ...search.parts), element('div', {}, ...only.parts)),
    count,
    groups,
  )
  return {
    place,
    update(breakers: readonly BreakerView[], buses: readonly BusView[]) {
      last = breakers
      renderGroups([breakers.map(({ name, bus }) => [name, bus]), buses.map(({ name }) => name)], () => {
        cards.clear()
        for (const { name, label } of breakers) cards.set(name, breakerCard(name, label))
        return buses.map(({ name: bus }) =>
          element(
            'div',
            { className: 'group' },
            element('h2', {}, bus),
            element(
              'div',
              { className: 'rail' },
              ...breakers.filter((breaker) => breaker.bus === bus).flatMap(({ name }) => cards.get(name)?.link ?? []),
            ),
          ),
        )
      })
      for (const breaker of breakers) cards.get(breaker.name)?.update(breaker)
      filter()
    },
  }
}

const unlockedScopes = ({ locks }: BreakerView): readonly Scope[] => scopes.filter((scope) => !locks[scope].locked)
const isTagged = ({ tags, jobs }: BreakerView): boolean => tags.length + jobs.length > 0
function fits(breaker: BreakerView, wanted: string): boolean {
  if (wanted === 'all') return true
  if (wanted === 'unlocked') return unlockedScopes(breaker).length > 0
  if (wanted === 'tagged') return isTagged(breaker)
  if (wanted === 'unknown') return breaker.state === 'unknown' || isStale(breaker)
  return breaker.state === wanted
}

type BreakerCard = { readonly link: HTMLElement; update(breaker: BreakerView): void }
function breakerCard(name: string, label: string): BreakerCard {
  const picture = element('span', { className: 'picture' })
  const words = element('span', { className: 'word' })
  const notes = element('span', { className: 'notes' })
  const link = element(
    'a',
    { href: `/b/${encodeURIComponent(name)}` },
    element('b', {}, name),
    element('span', { className: 'label' }, label),
    picture,
    words,
    notes,
  )
  const renderPicture = renderer(picture)
  const renderNotes = renderer(notes)
  return {
    link,
    update(breaker) {
      const old = isStale(breaker)
      link.className = `breaker ${old ? 'old' : breaker.state}`
      renderPicture(breaker.state, () => [contact(breaker.state)])
      const state = stateWord(breaker.state)
      words.textContent = old && breaker.state !== 'unknown' ? t('last: {state}', { state }) : state
      const open = unlockedScopes(breaker)
      const tagged = breaker.tags.length + breaker.jobs.length
      const note = (className: string, ...content: Content[]): HTMLElement => element('span', { className }, ...content)
      renderNotes([open, tagged, breaker.mode, breaker.reachable], () => [
        ...(open.length === 0
          ? []
          : [note('note unlocked', padlock(false), ` ${t('unlocked: {scopes}', { scopes: open.map(scopeWord).join(', ') })}`)]),
        ...(tagged === 0 ? [] : [note('note tagged', tagMark(), ` ${tagged === 1 ? t('1 tag') : t('{count} tags', { count: tagged })}`)]),
        ...(breaker.mode === 'observe' ? [note('note', t('observed only'))] : []),
        ...(breaker.reachable === 'no' ? [note('note', t('no answer'))] : []),
      ])
    },
  }
}

/** Opened is not delivered: only what the receiver has confirmed is called connected. */
const sinkStates = {
  'not-tried': t('not tried yet'),
  opened: t('opened, nothing confirmed yet'),
  delivers: t('connected'),
  sends: t('sent; UDP does not confirm'),
}

function restParts() {
  const warns = element('div', { className: 'warns' })
  const renderWarnings = renderer(warns)
  const sections = [grantsSection(), busesSection(), clientsSection(), sinksSection(), certificatesSection()]
  return {
    warns,
    parts: sections.map(({ card }) => card),
    update(status: StatusView) {
      const { keySwitches, faults, sinks, vault } = status
      renderWarnings([keySwitches, faults, sinks.map(({ name, state, behind }) => [name, state, behind]), vault], () => warningsOf(status))
      for (const section of sections) section.update(status)
    },
  }
}

/** What bars operations, and what somebody has to see to. */
function warningsOf({ keySwitches, faults, sinks, vault }: StatusView): HTMLElement[] {
  return [
    ...keySwitches
      .filter(({ state }) => state !== 'closed')
      .map(({ name, breakers, state, why }) =>
        alarm(
          t('BARRED BY A KEY SWITCH'),
          `${name}: ${breakers.length === 0 ? t('all') : breakers.join(', ')}${state === 'broken' ? ` · ${why}` : ''}`,
        ),
      ),
    ...faultAlarms(faults),
    ...sinks
      .filter(({ state, behind }) => state.kind === 'failed' || behind)
      .map(({ name, state }) =>
        alarm(t('Events do not reach the SOC'), `${name}: ${state.kind === 'failed' ? state.why : t('behind its limit')}`),
      ),
    ...(vault.factory.length === 0 ? [] : [alarm(t('Factory passwords'), vault.factory.join(', '))]),
  ]
}

type Section = { readonly card: HTMLElement; update(status: StatusView): void }
type TableSpec = {
  readonly title: string
  readonly heads: readonly string[]
  readonly rowsOf: (status: StatusView) => readonly (readonly string[])[]
  /** In place of the table when it has no rows. */
  readonly none: string
}

/** A card with one table. */
function tableSection({ title, heads, rowsOf, none }: TableSpec): Section {
  const card = element('section', { ariaLabel: title })
  const render = renderer(card)
  return {
    card,
    update(status) {
      const rows = rowsOf(status)
      render(rows, () => [
        element('h2', {}, title),
        rows.length === 0 ? element('p', { className: 'mute' }, none) : table(title, heads, rows),
      ])
    },
  }
}

const grantsSection = (): Section =>
  tableSection({
    title: t('Tags and grants in force'),
    heads: [t('Breaker'), t('Who'), t('What'), t('Since or until')],
    rowsOf: ({ breakers, grants }) => [
      ...breakers.flatMap(({ name, tags, jobs }) => [
        ...tags.map(({ owner, workOrder, reason, since }) => [
          name,
          owner,
          [workOrder, reason].filter((part) => part !== '').join(' · '),
          shortly(since),
        ]),
        ...jobs.map((job) => [name, job, t('group lock-out'), '']),
      ]),
      ...grants.map(({ breaker, client, words, state, until }) => [
        breaker,
        client,
        words,
        state === 'requested' ? t('waits for an answer') : t('until {time}', { time: shortly(until) }),
      ]),
    ],
    none: t('None.'),
  })

const busesSection = (): Section =>
  tableSection({
    title: t('Buses'),
    heads: [t('Bus'), t('Health'), t('Busy'), t('Answers per transaction'), t('Waiting'), 'p99'],
    rowsOf: ({ buses }) =>
      buses.map(({ name, up, warning, busy, sharing, waiting, p99Ms }) => [
        name,
        up ? (warning === '' ? t('up') : warning) : t('DOWN'),
        `${Math.round(busy * 100)} %`,
        sharing.toFixed(1),
        String(waiting),
        `${Math.round(p99Ms)} ms`,
      ]),
    none: t('None.'),
  })

const clientsSection = (): Section =>
  tableSection({
    title: t('Clients connected'),
    heads: [t('Client'), t('Role'), t('Address'), t('Listener'), t('Connections')],
    rowsOf: ({ clients }) =>
      clients.map(({ name, role, source, listener, connections }) => [name, role, source, listener, String(connections)]),
    none: t('Nobody.'),
  })

const sinksSection = (): Section =>
  tableSection({
    title: t('Events to the SOC'),
    heads: [t('Sink'), t('Receiver'), t('State'), t('Waiting')],
    rowsOf: ({ sinks }) =>
      sinks.map(({ name, receiver, state, owed, owedSeconds }) => [
        name,
        receiver,
        state.kind === 'failed' ? state.why : sinkStates[state.kind],
        owed === 0 ? t('none') : t('{count} events, {time}', { count: owed, time: lasting(owedSeconds) }),
      ]),
    none: t('No sink is configured.'),
  })

const certificatesSection = (): Section =>
  tableSection({
    title: t('Certificates that end soon'),
    heads: [t('Certificate'), t('Where'), t('Ends in')],
    rowsOf: ({ certificates }) =>
      certificates.map(({ name, where, daysLeft }) => [name, where, daysLeft < 0 ? t('HAS ENDED') : t('{days} days', { days: daysLeft })]),
    none: t('None.'),
  })
