// Personal tags of one breaker: hang mine, take mine off, pass it on, and the way of two people for one whose owner is gone.
import { button, call, element, field, shower, teller } from './dom.js'
import { tagMark } from './symbols.js'
import { shortly, t } from './texts.js'

export function tagCard(me, name) {
  const say = teller()
  const may = (action) => me.may.includes(action)
  const reason = field(t('Why it hangs'), { maxLength: 200, autocomplete: 'off', value: t('Working at {name}', { name }) })
  const list = element('div')
  const show = shower(list)
  const ask = async (path, body, done) => {
    say.wait(t('asking the gateway …'))
    const said = await call(path, body)
    if (said.ok) say.good(done)
    else say.bad(said.status === 0 ? { error: said.error, hint: t('what hangs is shown as soon as the gateway is back') } : said)
  }
  const hang = button(
    t('Hang my tag'),
    () => ask(`/breakers/${encodeURIComponent(name)}/tags`, { reason: reason.input.value }, t('Your tag hangs.')),
    { className: 'main big dark' },
  )
  const own = element('div', {}, ...reason.parts, hang)
  const card = element(
    'section',
    { className: 'tags', ariaLabel: t('Tags') },
    element('h2', {}, t('Tags')),
    element('p', { className: 'mute' }, t('While a tag hangs, nobody operates {name} from afar.', { name })),
    list,
    ...(may('tag') ? [own] : []),
    say.place,
  )

  const act = (tag, action, more, done) => ask(`/tags/${encodeURIComponent(tag.id)}`, { action, ...more }, done)
  function buttonsOf(tag) {
    const mine = tag.owner === me.name
    if (mine) {
      const to = field(t('Pass it on to'), { autocomplete: 'off', autocapitalize: 'none', spellcheck: false })
      const offer = button(t('Offer it'), () =>
        act(tag, 'offer', { to: to.input.value }, t('Offered; it hangs on until it is taken over.')),
      )
      return [
        button(t('Take my tag off'), () => act(tag, 'remove', {}, t('Taken off.')), { className: 'big' }),
        element('details', {}, element('summary', {}, t('Change of shift')), ...to.parts, offer),
      ]
    }
    if (tag.offeredTo === me.name)
      return [button(t('Take it over'), () => act(tag, 'accept', {}, t('It is yours now.')), { className: 'big' })]
    const why = field(t('Why, for the record'), { maxLength: 200, autocomplete: 'off' })
    const asked = button(t('Ask for its removal'), () =>
      act(tag, 'ask-removal', { reason: why.input.value }, t('Asked; a second person has to agree.')),
    )
    const agreed = button(t('Agree: take it off'), () => act(tag, 'agree-removal', {}, t('Taken off; the SOC was told.')))
    return [
      ...(may('remove-tag') ? [element('details', {}, element('summary', {}, t('The owner is not there')), ...why.parts, asked)] : []),
      ...(may('tag') && tag.removalBy !== '' && tag.removalBy !== me.name ? [agreed] : []),
    ]
  }
  const row = (tag) =>
    element(
      'article',
      { className: tag.owner === me.name ? 'tag mine' : 'tag' },
      element('p', { className: 'do-not' }, tagMark(), ` ${t('DO NOT OPERATE')}`),
      element('p', {}, element('b', {}, tag.owner === me.name ? t('My tag') : tag.owner), ` · ${shortly(tag.since)}`),
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
      ...buttonsOf(tag),
    )
  return {
    card,
    hear({ tags, jobs }) {
      card.classList.toggle('hangs', tags.length + jobs.length > 0)
      own.hidden = tags.some(({ owner, job }) => owner === me.name && job === '')
      show([tags, jobs], () => [
        ...jobs.map((job) => element('p', { className: 'do-not' }, tagMark(), ` ${t('LOCKED OUT for the job {job}', { job })}`)),
        ...tags.map(row),
      ])
    },
  }
}
