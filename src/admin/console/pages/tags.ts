// Personal tags of one breaker: hang mine, take mine off, pass it on, and the way of two people for one whose owner is gone.
import type { BreakerView, TagView } from '../../contract/index.ts'
import { type ApiReply, NOT_RECORDED, type Person, post } from './api.ts'
import { button, element, field, messageLine, renderer } from './dom.ts'
import { recordMark, tagMark } from './symbols.ts'
import { shortly, t } from './texts.ts'

export function tagCard(me: Person, name: string) {
  const message = messageLine()
  const reason = field(t('Why it hangs'), { maxLength: 200, autocomplete: 'off', value: t('Working at {name}', { name }) })
  const list = element('div')
  const renderList = renderer(list)
  /** Says how a call went. */
  const report: Report = async (call, done, unrecorded = t('Done, but not recorded yet: a restart would lose it.')) => {
    message.waiting(t('asking the gateway …'))
    const reply = await call
    if (reply.ok && reply.status === NOT_RECORDED) message.unrecorded(unrecorded)
    else if (reply.ok) message.done(done)
    else message.failed(reply.status === 0 ? { error: reply.error, hint: t('what hangs is shown as soon as the gateway is back') } : reply)
  }
  const hang = button(
    t('Hang my tag'),
    () =>
      report(
        post(`/breakers/${encodeURIComponent(name)}/tags`, { reason: reason.input.value }),
        t('Your tag hangs.'),
        t('Your tag hangs, but is not recorded yet: a restart would lose it.'),
      ),
    { className: 'main big dark' },
  )
  const own = element('div', {}, ...reason.parts, hang)
  const card = element(
    'section',
    { className: 'tags', ariaLabel: t('Tags') },
    element('h2', {}, t('Tags')),
    element('p', { className: 'mute' }, t('While a tag hangs, nobody operates {name} from afar.', { name })),
    list,
    ...(me.may.includes('tag') ? [own] : []),
    message.place,
  )
  return {
    card,
    update({ tags, jobs }: Pick<BreakerView, 'tags' | 'jobs'>) {
      card.classList.toggle('hangs', tags.length + jobs.length > 0)
      own.hidden = tags.some(({ owner, job }) => owner === me.name && job === '')
      renderList([tags, jobs], () => [
        ...jobs.map((job) => element('p', { className: 'do-not' }, tagMark(), ` ${t('LOCKED OUT for the job {job}', { job })}`)),
        ...tags.map((tag) => row(tag, me, report)),
      ])
    },
  }
}

type Report = (call: Promise<ApiReply<unknown>>, done: string, unrecorded?: string) => Promise<void>

function buttonsOf(tag: TagView, me: Person, report: Report): HTMLElement[] {
  const path = `/tags/${encodeURIComponent(tag.id)}` as const
  if (tag.owner === me.name) {
    const to = field(t('Pass it on to'), { autocomplete: 'off', autocapitalize: 'none', spellcheck: false })
    const offer = button(t('Offer it'), () =>
      report(post(path, { action: 'offer', to: to.input.value }), t('Offered; it hangs on until it is taken over.')),
    )
    return [
      button(t('Take my tag off'), () => report(post(path, { action: 'remove' }), t('Taken off.')), { className: 'big' }),
      element('details', {}, element('summary', {}, t('Change of shift')), ...to.parts, offer),
    ]
  }
  if (tag.offeredTo === me.name)
    return [button(t('Take it over'), () => report(post(path, { action: 'accept' }), t('It is yours now.')), { className: 'big' })]
  const why = field(t('Why, for the record'), { maxLength: 200, autocomplete: 'off' })
  const ask = button(t('Ask for its removal'), () =>
    report(post(path, { action: 'ask-removal', reason: why.input.value }), t('Asked; a second person has to agree.')),
  )
  const agree = button(t('Agree: take it off'), () => report(post(path, { action: 'agree-removal' }), t('Taken off; the SOC was told.')))
  return [
    ...(me.may.includes('remove-tag')
      ? [element('details', {}, element('summary', {}, t('The owner is not there')), ...why.parts, ask)]
      : []),
    ...(me.may.includes('tag') && tag.removalBy !== '' && tag.removalBy !== me.name ? [agree] : []),
  ]
}

function row(tag: TagView, me: Person, report: Report): HTMLElement {
  return element(
    'article',
    { className: tag.owner === me.name ? 'tag mine' : 'tag' },
    element('p', { className: 'do-not' }, tagMark(), ` ${t('DO NOT OPERATE')}`),
    element(
      'p',
      {},
      element('b', {}, tag.owner === me.name ? t('My tag') : tag.owner),
      ` · ${shortly(tag.since)}`,
      ...(tag.recorded ? [] : [element('b', { className: 'bad' }, recordMark(tag))]),
    ),
    element('p', {}, [tag.workOrder, tag.job, tag.reason].filter((part) => part !== '').join(' · ')),
    ...(tag.offeredTo === '' ? [] : [element('p', { className: 'mute' }, t('offered to {name}', { name: tag.offeredTo }))]),
    ...(tag.removalBy === ''
      ? []
      : [
          element(
            'p',
            { className: 'bad' },
            t('{name} asks for its removal: {reason}', { name: tag.removalBy, reason: tag.removalReason }),
          ),
        ]),
    ...buttonsOf(tag, me, report),
  )
}
