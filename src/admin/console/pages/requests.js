// Grants: asked for by one person, answered by another; each with the value that is there and the one that may be written.
import { button, call, choice, element, field, shower, teller } from './dom.js'
import { lasting, shortly, t, when } from './texts.js'

const EVERY_MS = 5000
const stateWords = () => ({
  requested: t('WAITS FOR AN ANSWER'),
  approved: t('IN FORCE'),
  refused: t('REFUSED'),
  revoked: t('REVOKED'),
  expired: t('OVER'),
})

export async function requestsPage(me) {
  const list = element('div', { className: 'cards', id: 'requests' })
  const show = shower(list)
  const say = teller()
  const load = async (unattended) => {
    const said = await call('/grants', undefined, { unattended })
    if (!said.ok) return say.bad(said)
    const sorted = [...said.value].sort(
      (a, b) => Number(b.state === 'requested') - Number(a.state === 'requested') || b.asked.localeCompare(a.asked),
    )
    // The countdown alone is no reason to take a card from under a finger.
    show(
      sorted.map((one) => ({ ...one, secondsLeft: 0 })),
      () => (sorted.length === 0 ? [element('p', { className: 'mute' }, t('Nobody has asked for anything.'))] : sorted.map(card)),
    )
  }
  const act = async ({ id, version }, action, reason) => {
    say.wait(t('asking the gateway …'))
    const said = await call(`/grants/${encodeURIComponent(id)}`, { action, version, reason })
    if (said.ok) say.good(stateWords()[said.value.state])
    else say.bad(said)
    await load(false)
  }
  const card = (grant) => {
    const reason = field(t('A word on it, for the record'), { maxLength: 200, autocomplete: 'off' })
    const mine = grant.askedBy === me.name
    const may = me.may.includes('approve-grant')
    const answers =
      grant.state === 'requested' && may
        ? [
            ...(mine ? [element('p', { className: 'mute' }, t('You have asked for it yourself: another person answers.'))] : reason.parts),
            ...(mine ? [] : [button(t('Approve'), () => act(grant, 'approve', reason.input.value), { className: 'main' })]),
            ...(mine ? [] : [button(t('Refuse'), () => act(grant, 'refuse', reason.input.value))]),
          ]
        : grant.state === 'approved' && may
          ? [button(t('Revoke'), () => act(grant, 'revoke', ''), { className: 'danger' })]
          : []
    const head = element(
      'p',
      {},
      element('b', { className: `mark ${grant.state}` }, stateWords()[grant.state]),
      grant.state === 'approved' ? ` ${lasting(grant.secondsLeft)}` : '',
    )
    return element(
      'article',
      { className: `request ${grant.state}`, ariaLabel: `${grant.client} ${grant.breaker} ${grant.words}` },
      head,
      element('h2', {}, `${grant.client} → ${grant.breaker}`),
      difference(grant),
      element(
        'p',
        {},
        t('{used} of {uses} uses · {from} to {until}', {
          used: grant.used,
          uses: grant.uses,
          from: shortly(grant.from),
          until: shortly(grant.until),
        }),
      ),
      element('p', {}, [grant.workOrder, grant.reason].filter((part) => part !== '').join(' · ')),
      element(
        'p',
        { className: 'mute' },
        `${t('asked by {name}', { name: grant.askedBy })}, ${when(grant.asked)}${grant.by === '' ? '' : ` · ${t('answered by {name}', { name: grant.by })}`}`,
      ),
      ...answers,
    )
  }
  await load(false)
  const timer = setInterval(() => void load(true), EVERY_MS)
  return {
    parts: [
      element('section', { className: 'wide' }, element('h1', {}, t('Requests')), say.place, list),
      ...(me.may.includes('ask-grant') ? [askCard(load)] : []),
    ],
    stop: () => clearInterval(timer),
  }
}

/** Old and new, one under the other, as in a diff: by sign and word, and not by colour alone. */
function difference({ words, now, becomes, class: asked }) {
  if (becomes === '') return element('p', { className: 'what' }, `${asked}: ${words}`)
  return element(
    'div',
    { className: 'diff' },
    element('p', { className: 'what' }, words),
    element('p', { className: 'old' }, `− ${t('now')}: ${now === '' ? t('not read') : now}`),
    element('p', { className: 'new' }, `+ ${t('may become')}: ${becomes}`),
  )
}

/** `delay tr=8000-16000; motor class=5-5`: what is not written so is not a number, and the gateway refuses it. */
function alsoOf(text) {
  const parts = text.split(';').filter((part) => part.trim() !== '')
  const one = (part) => {
    const found = /^(.*)=(-?[\d.]+)-(-?[\d.]+)$/.exec(part.trim())
    return found === null ? { setting: part.trim() } : { setting: found[1].trim(), minimum: Number(found[2]), maximum: Number(found[3]) }
  }
  return parts.length === 0 ? {} : { also: parts.map(one) }
}

function askCard(load) {
  const say = teller()
  const plain = { autocomplete: 'off', autocapitalize: 'none', spellcheck: false, required: true }
  const client = field(t('Client, by the name in its certificate'), plain)
  const breaker = field(t('Breaker'), plain)
  const kind = choice(t('What for'), [
    ['setting', t('one setting, between two values')],
    ['class', t('a whole class of operation')],
    ['registers', t('exact registers')],
  ])
  const asked = choice(
    t('Class'),
    ['protection-setting', 'other-setting', 'control', 'clock', 'password', 'diagnostic'].map((one) => [one, one]),
  )
  const setting = field(t('Setting'), { ...plain, required: false, placeholder: 'pick-up Ir' })
  const also = field(t('Other settings of the same command, with their values'), {
    ...plain,
    required: false,
    placeholder: 'delay tr=8000-16000; motor class=5-5',
  })
  const from = field(t('First register'), { type: 'number', min: '1', max: '65536' })
  const to = field(t('Last register'), { type: 'number', min: '1', max: '65536' })
  const least = field(t('Least value'), { type: 'number', step: 'any' })
  const greatest = field(t('Greatest value'), { type: 'number', step: 'any' })
  const uses = field(t('How often'), { type: 'number', min: '1', max: '100', value: '1', required: true })
  const lasts = choice(t('For'), [
    ['900', t('15 min')],
    ['3600', t('1 h')],
    ['14400', t('4 h')],
  ])
  const reason = field(t('Reason'), { maxLength: 200, required: true, autocomplete: 'off' })
  const order = field(t('Work order, if there is one'), { maxLength: 40, autocomplete: 'off' })
  const rows = { setting: [setting, least, greatest, also], class: [], registers: [from, to, least, greatest] }
  const special = [setting, from, to, least, greatest, also].map((one) => [one, element('div', {}, ...one.parts)])
  const adapt = () => {
    for (const [one, place] of special) place.hidden = !rows[kind.input.value].includes(one)
  }
  kind.input.addEventListener('change', adapt)
  adapt()
  const made = element(
    'form',
    { className: 'filters' },
    ...[client, breaker, kind, asked].map(({ parts }) => element('div', {}, ...parts)),
    ...special.map(([, place]) => place),
    ...[uses, lasts, reason, order].map(({ parts }) => element('div', {}, ...parts)),
    element('button', { className: 'main' }, t('Ask')),
  )
  made.addEventListener('submit', async (event) => {
    event.preventDefault()
    const number = ({ input }) => Number(input.value)
    const limits = { minimum: number(least), maximum: number(greatest) }
    const what = {
      setting: { kind: 'setting', class: asked.input.value, setting: setting.input.value, ...limits, ...alsoOf(also.input.value) },
      class: { kind: 'class', class: asked.input.value },
      registers: { kind: 'registers', class: asked.input.value, from: number(from), to: number(to), ...limits },
    }[kind.input.value]
    const body = {
      client: client.input.value,
      breaker: breaker.input.value,
      for: what,
      uses: number(uses),
      forSeconds: Number(lasts.input.value),
      reason: reason.input.value,
      workOrder: order.input.value,
    }
    say.wait(t('asking the gateway …'))
    const said = await call('/grants', body)
    if (!said.ok) return say.bad(said)
    say.good(t('Asked. Another person answers it.'))
    await load(false)
  })
  return element('section', { className: 'wide' }, element('h2', {}, t('Ask for a grant')), made, say.place)
}
