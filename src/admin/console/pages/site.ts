// All breakers at a glance, and what stands before them: live.
import { button, call, choice, element, field, shower, table, teller } from './dom.js'
import { follow } from './live.js'
import { contact, isStale, padlock, scopeWord, scopes, stateWord, tagMark } from './symbols.js'
import { lasting, shortly, t } from './texts.js'

export async function sitePage(me) {
  const title = element('h1')
  const age = element('p', { className: 'age', id: 'site-age' })
  const master = masterCard(me)
  const board = boardPart()
  const rest = restParts()
  const stop = follow(
    '',
    (status) => {
      title.textContent = status.site
      master.hear(status.masterLock)
      board.hear(status.breakers, status.buses)
      rest.hear(status)
    },
    ({ old, words }) => {
      age.textContent = words
      board.place.classList.toggle('old', old)
    },
  )
  const top = element('section', { className: 'wide' }, title, age, rest.warns)
  return { parts: [top, board.place, master.card, ...rest.parts], stop }
}

function masterCard(me) {
  const say = teller()
  const word = element('p', { className: 'line' })
  const show = shower(word)
  const reason = field(t('Reason'), { maxLength: 200, autocomplete: 'off' })
  let on = false
  const turn = button('', async () => {
    say.wait(t('asking the gateway …'))
    const said = await call('/master-lock', { on: !on, reason: reason.input.value })
    if (said.ok) say.good(said.value.on ? t('The whole site is locked.') : t('The locks of the breakers count again.'))
    else say.bad(said)
  })
  const may = element('div', { hidden: !me.may.includes('master-lock') }, ...reason.parts, turn)
  return {
    card: element(
      'section',
      { className: 'lock', ariaLabel: t('Master lock') },
      element('h2', {}, t('Master lock of the site')),
      word,
      may,
      say.place,
    ),
    hear(state) {
      on = state.on
      show(state, () => [
        element('strong', {}, padlock(on), ` ${on ? t('ON: nothing passes') : t('OFF')}`),
        ...(state.by === ''
          ? []
          : [element('span', { className: 'mute' }, ` ${t('by {name}', { name: state.by })}, ${shortly(state.since)}: ${state.reason}`)]),
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
  const showGroups = shower(groups)
  const cards = new Map()
  let last = []
  const filter = () => {
    const wanted = search.input.value.trim().toLowerCase()
    let shown = 0
    for (const breaker of last) {
      const words = `${breaker.name} ${breaker.label}`.toLowerCase()
      const hit = words.includes(wanted) && fits(breaker, only.input.value)
      cards.get(breaker.name).link.hidden = !hit
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
    hear(breakers, buses) {
      last = breakers
      showGroups([breakers.map(({ name, bus }) => [name, bus]), buses.map(({ name }) => name)], () => {
        cards.clear()
        for (const { name, label } of breakers) cards.set(name, breakerCard(name, label))
        return buses.map(({ name: bus }) =>
          element(
            'div',
            { className: 'group' },
            element('h2', {}, bus),
            element('div', { className: 'rail' }, ...breakers.filter((one) => one.bus === bus).map(({ name }) => cards.get(name).link)),
          ),
        )
      })
      for (const breaker of breakers) cards.get(breaker.name).hear(breaker)
      filter()
    },
  }
}

const unlockedScopes = ({ locks }) => scopes.filter((scope) => !locks[scope].locked)
const isTagged = ({ tags, jobs }) => tags.length + jobs.length > 0
function fits(breaker, wanted) {
  if (wanted === 'all') return true
  if (wanted === 'unlocked') return unlockedScopes(breaker).length > 0
  if (wanted === 'tagged') return isTagged(breaker)
  if (wanted === 'unknown') return breaker.state === 'unknown' || isStale(breaker)
  return breaker.state === wanted
}

function breakerCard(name, label) {
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
  const show = shower(picture)
  const showNotes = shower(notes)
  return {
    link,
    hear(breaker) {
      const old = isStale(breaker)
      link.className = `breaker ${old ? 'old' : breaker.state}`
      show(breaker.state, () => [contact(breaker.state)])
      const told = stateWord(breaker.state)
      words.textContent = old && breaker.state !== 'unknown' ? t('last: {state}', { state: told }) : told
      const open = unlockedScopes(breaker)
      const tagged = breaker.tags.length + breaker.jobs.length
      showNotes([open, tagged, breaker.mode, breaker.reachable], () => [
        ...(open.length === 0
          ? []
          : [
              element(
                'span',
                { className: 'note unlocked' },
                padlock(false),
                ` ${t('unlocked: {scopes}', { scopes: open.map(scopeWord).join(', ') })}`,
              ),
            ]),
        ...(tagged === 0
          ? []
          : [
              element(
                'span',
                { className: 'note tagged' },
                tagMark(),
                ` ${tagged === 1 ? t('1 tag') : t('{count} tags', { count: tagged })}`,
              ),
            ]),
        ...(breaker.mode === 'observe' ? [element('span', { className: 'note' }, t('observed only'))] : []),
        ...(breaker.reachable === 'no' ? [element('span', { className: 'note' }, t('no answer'))] : []),
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
  const names = [t('Tags and grants in force'), t('Buses'), t('Clients connected'), t('Events to the SOC'), t('Certificates that end soon')]
  const cards = names.map((name) => element('section', { ariaLabel: name }))
  const [standing, buses, clients, sinks, certificates] = cards.map((card) => shower(card))
  const warn = shower(warns)
  const none = (text) => element('p', { className: 'mute' }, text)
  const titled = (i, part) => [element('h2', {}, names[i]), part]
  return {
    warns,
    parts: cards,
    hear(status) {
      const behind = status.sinks.filter(({ state, behind }) => state.kind === 'failed' || behind)
      const { faults, vault } = status
      const barring = status.keySwitches.filter(({ state }) => state !== 'closed')
      warn([faults, behind.map(({ name, state }) => [name, state]), vault, barring], () => [
        ...barring.map(({ name, breakers, state, why }) =>
          element(
            'p',
            { className: 'alarm' },
            element('b', {}, t('BARRED BY A KEY SWITCH')),
            ` ${name}: ${breakers.length === 0 ? t('all') : breakers.join(', ')}${state === 'broken' ? ` · ${why}` : ''}`,
          ),
        ),
        ...faults.map(({ part, reason }) =>
          element('p', { className: 'alarm' }, element('b', {}, t('EVERY OPERATION IS DENIED')), ` ${part}: ${reason}`),
        ),
        ...behind.map(({ name, state }) =>
          element(
            'p',
            { className: 'alarm' },
            element('b', {}, t('Events do not reach the SOC')),
            ` ${name}: ${state.kind === 'failed' ? state.why : t('behind its limit')}`,
          ),
        ),
        ...(vault.factory.length === 0
          ? []
          : [element('p', { className: 'alarm' }, element('b', {}, t('Factory passwords')), ` ${vault.factory.join(', ')}`)]),
      ])
      const tags = status.breakers.flatMap(({ name, tags: hanging, jobs }) => [
        ...hanging.map((tag) => [name, tag.owner, [tag.workOrder, tag.reason].filter(Boolean).join(' · '), shortly(tag.since)]),
        ...jobs.map((job) => [name, job, t('group lock-out'), '']),
      ])
      const grants = status.grants.map(({ breaker, client, words, state, until }) => [
        breaker,
        client,
        words,
        state === 'requested' ? t('waits for an answer') : t('until {time}', { time: shortly(until) }),
      ])
      standing([tags, grants], () =>
        titled(
          0,
          tags.length + grants.length === 0
            ? none(t('None.'))
            : table(names[0], [t('Breaker'), t('Who'), t('What'), t('Since or until')], [...tags, ...grants]),
        ),
      )
      const busRows = status.buses.map(({ name, up, warning, busy, sharing, waiting, p99Ms }) => [
        name,
        up ? warning || t('up') : t('DOWN'),
        `${Math.round(busy * 100)} %`,
        sharing.toFixed(1),
        String(waiting),
        `${Math.round(p99Ms)} ms`,
      ])
      buses(busRows, () =>
        titled(1, table(names[1], [t('Bus'), t('Health'), t('Busy'), t('Answers per transaction'), t('Waiting'), 'p99'], busRows)),
      )
      const rows = status.clients.map(({ name, role, source, listener, connections }) => [
        name,
        role,
        source,
        listener,
        String(connections),
      ])
      clients(rows, () =>
        titled(
          2,
          rows.length === 0
            ? none(t('Nobody.'))
            : table(names[2], [t('Client'), t('Role'), t('Address'), t('Listener'), t('Connections')], rows),
        ),
      )
      const sinkRows = status.sinks.map(({ name, receiver, state, owed, owedSeconds }) => [
        name,
        receiver,
        state.kind === 'failed' ? state.why : sinkStates[state.kind],
        owed === 0 ? t('none') : t('{count} events, {time}', { count: owed, time: lasting(owedSeconds) }),
      ])
      sinks(sinkRows, () =>
        titled(
          3,
          sinkRows.length === 0
            ? none(t('No sink is configured.'))
            : table(names[3], [t('Sink'), t('Receiver'), t('State'), t('Waiting')], sinkRows),
        ),
      )
      const ending = status.certificates.map(({ name, where, daysLeft }) => [
        name,
        where,
        daysLeft < 0 ? t('HAS ENDED') : t('{days} days', { days: daysLeft }),
      ])
      certificates(ending, () =>
        titled(4, ending.length === 0 ? none(t('None.')) : table(names[4], [t('Certificate'), t('Where'), t('Ends in')], ending)),
      )
    },
  }
}
