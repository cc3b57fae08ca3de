// Grants: asked for by one person, answered by another; each with the value that is there and the one that may be written.
import type { z } from 'zod'
import type { GrantView, grantBody } from '../../contract/index.ts'
import { type Person, get, post } from './api.ts'
import { type Field, background, button, choice, element, field, messageLine, onSubmit, renderer } from './dom.ts'
import { recordMark } from './symbols.ts'
import { lasting, shortly, t, when } from './texts.ts'

const EVERY_MS = 5000
const stateWords = (): Readonly<Record<GrantView['state'], string>> => ({
  requested: t('WAITS FOR AN ANSWER'),
  approved: t('IN FORCE'),
  refused: t('REFUSED'),
  revoked: t('REVOKED'),
  expired: t('OVER'),
})

type Action = 'approve' | 'refuse' | 'revoke'
type Act = (grant: GrantView, action: Action, reason: string) => Promise<void>

export async function requestsPage(me: Person): Promise<{ readonly parts: HTMLElement[]; readonly stop: () => void }> {
  const list = element('div', { className: 'cards', id: 'requests' })
  const renderList = renderer(list)
  const message = messageLine()
  const load = async (unattended: boolean): Promise<void> => {
    const reply = await get('/grants', { unattended })
    if (!reply.ok) return message.failed(reply)
    const sorted = [...reply.value].sort(
      (a, b) => Number(b.state === 'requested') - Number(a.state === 'requested') || b.asked.localeCompare(a.asked),
    )
    // The countdown alone is no reason to take a card from under a finger.
    renderList(
      sorted.map((grant) => ({ ...grant, secondsLeft: 0 })),
      () =>
        sorted.length === 0
          ? [element('p', { className: 'mute' }, t('Nobody has asked for anything.'))]
          : sorted.map((grant) => grantCard(grant, me, act)),
    )
  }
  const act: Act = async ({ id, version }, action, reason) => {
    message.waiting(t('asking the gateway …'))
    const reply = await post(`/grants/${encodeURIComponent(id)}`, { action, version, reason })
    if (reply.ok && !reply.value.recorded) message.unrecorded(`${stateWords()[reply.value.state]}${recordMark(reply.value)}`)
    else if (reply.ok) message.done(stateWords()[reply.value.state])
    else message.failed(reply)
    await load(false)
  }
  await load(false)
  const timer = setInterval(() => background(load(true)), EVERY_MS)
  return {
    parts: [
      element('section', { className: 'wide' }, element('h1', {}, t('Requests')), message.place, list),
      ...(me.may.includes('ask-grant') ? [askCard(() => load(false))] : []),
    ],
    stop: () => clearInterval(timer),
  }
}

/** What this person can do with a grant now. */
function answersTo(grant: GrantView, me: Person, act: Act): HTMLElement[] {
  if (!me.may.includes('approve-grant')) return []
  if (grant.state === 'approved') return [button(t('Revoke'), () => act(grant, 'revoke', ''), { className: 'danger' })]
  if (grant.state !== 'requested') return []
  if (grant.askedBy === me.name) return [element('p', { className: 'mute' }, t('You have asked for it yourself: another person answers.'))]
  const reason = field(t('A word on it, for the record'), { maxLength: 200, autocomplete: 'off' })
  return [
    ...reason.parts,
    button(t('Approve'), () => act(grant, 'approve', reason.input.value), { className: 'main' }),
    button(t('Refuse'), () => act(grant, 'refuse', reason.input.value)),
  ]
}

function grantCard(grant: GrantView, me: Person, act: Act): HTMLElement {
  const head = element(
    'p',
    {},
    element('b', { className: `mark ${grant.state}` }, `${stateWords()[grant.state]}${recordMark(grant)}`),
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
    ...answersTo(grant, me, act),
  )
}

/** Old and new, one under the other, as in a diff: by sign and word, and not by colour alone. */
function difference({ words, now, becomes, class: operation }: GrantView): HTMLElement {
  if (becomes === '') return element('p', { className: 'what' }, `${operation}: ${words}`)
  return element(
    'div',
    { className: 'diff' },
    element('p', { className: 'what' }, words),
    element('p', { className: 'old' }, `− ${t('now')}: ${now === '' ? t('not read') : now}`),
    element('p', { className: 'new' }, `+ ${t('may become')}: ${becomes}`),
  )
}

const classes = ['protection-setting', 'other-setting', 'control', 'clock', 'password', 'diagnostic'] as const
const kinds = ['setting', 'class', 'registers'] as const
type Asked = z.input<typeof grantBody>

type Also = Extract<Asked['for'], { readonly kind: 'setting' }>['also']
/** `delay tr=8000-16000; motor class=5-5`; of what is not written so the limits are not numbers, and the gateway refuses it. */
function alsoOf(text: string): { readonly also?: NonNullable<Also> } {
  const parts = text.split(';').filter((part) => part.trim() !== '')
  const limitsOf = (part: string) => {
    const [, setting = part, minimum, maximum] = /^(.*)=(-?[\d.]+)-(-?[\d.]+)$/.exec(part.trim()) ?? []
    return { setting: setting.trim(), minimum: Number(minimum), maximum: Number(maximum) }
  }
  return parts.length === 0 ? {} : { also: parts.map(limitsOf) }
}

/** What a grant is asked for: its kind, its class, and the fields that are shown for the kind. */
function askedFor(plain: Partial<HTMLInputElement>) {
  const kind = choice(t('What for'), [
    ['setting', t('one setting, between two values')],
    ['class', t('a whole class of operation')],
    ['registers', t('exact registers')],
  ])
  const operation = choice(
    t('Class'),
    classes.map((name) => [name, name]),
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
  const rows = { setting: [setting, least, greatest, also], class: [], registers: [from, to, least, greatest] }
  const special = [setting, from, to, least, greatest, also].map((input) => ({ input, place: element('div', {}, ...input.parts) }))
  const kindNow = (): (typeof kinds)[number] => kinds.find((name) => name === kind.input.value) ?? 'setting'
  const adapt = (): void => {
    const shown: readonly Field[] = rows[kindNow()]
    for (const { input, place } of special) place.hidden = !shown.includes(input)
  }
  kind.input.addEventListener('change', adapt)
  adapt()
  const number = ({ input }: Field): number => Number(input.value)
  return {
    choices: [kind, operation],
    places: special.map(({ place }) => place),
    value(): Asked['for'] {
      const shown = classes.find((name) => name === operation.input.value) ?? 'protection-setting'
      const limits = { minimum: number(least), maximum: number(greatest) }
      switch (kindNow()) {
        case 'setting':
          return { kind: 'setting', class: shown, setting: setting.input.value, ...limits, ...alsoOf(also.input.value) }
        case 'class':
          return { kind: 'class', class: shown }
        case 'registers':
          return { kind: 'registers', class: shown, from: number(from), to: number(to), ...limits }
      }
    },
  }
}

function askCard(load: () => Promise<void>): HTMLElement {
  const message = messageLine()
  const plain = { autocomplete: 'off', autocapitalize: 'none', spellcheck: false, required: true } as const
  const client = field(t('Client, by the name in its certificate'), plain)
  const breaker = field(t('Breaker'), plain)
  const what = askedFor(plain)
  const uses = field(t('How often'), { type: 'number', min: '1', max: '100', value: '1', required: true })
  const lasts = choice(t('For'), [
    ['900', t('15 min')],
    ['3600', t('1 h')],
    ['14400', t('4 h')],
  ])
  const reason = field(t('Reason'), { maxLength: 200, required: true, autocomplete: 'off' })
  const order = field(t('Work order, if there is one'), { maxLength: 40, autocomplete: 'off' })
  const entry = element(
    'form',
    { className: 'filters' },
    ...[client, breaker, ...what.choices].map(({ parts }) => element('div', {}, ...parts)),
    ...what.places,
    ...[uses, lasts, reason, order].map(({ parts }) => element('div', {}, ...parts)),
    element('button', { className: 'main' }, t('Ask')),
  )
  onSubmit(entry, async () => {
    const body = {
      client: client.input.value,
      breaker: breaker.input.value,
      for: what.value(),
      uses: Number(uses.input.value),
      forSeconds: Number(lasts.input.value),
      reason: reason.input.value,
      workOrder: order.input.value,
    }
    message.waiting(t('asking the gateway …'))
    const reply = await post('/grants', body)
    if (!reply.ok) return message.failed(reply)
    message.done(t('Asked. Another person answers it.'))
    await load()
  })
  return element('section', { className: 'wide' }, element('h2', {}, t('Ask for a grant')), entry, message.place)
}
