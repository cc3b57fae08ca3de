// What people have to do at each breaker, by the paths that its family has: done when, and by whom.
import { button, call, choice, element, field, teller } from './dom.js'
import { shortly, t } from './texts.js'

export async function checklistPage(me) {
  const say = teller()
  const place = element('div', { className: 'cards' })
  const open = choice(t('Show'), [
    ['open', t('what is due')],
    ['all', t('all')],
  ])
  const find = field(t('Breaker'), { type: 'search', autocomplete: 'off' })
  let rows = []
  const draw = () => {
    const wanted = find.input.value.trim().toLowerCase()
    const shown = rows.filter(({ breaker, due }) => breaker.toLowerCase().includes(wanted) && (open.input.value === 'all' || due))
    const breakers = [...new Set(shown.map(({ breaker }) => breaker))]
    place.replaceChildren(
      ...(breakers.length === 0
        ? [element('p', { className: 'mute' }, t('Nothing is due.'))]
        : breakers.map((name) =>
            card(
              name,
              shown.filter(({ breaker }) => breaker === name),
            ),
          )),
    )
  }
  const load = async () => {
    const said = await call('/checklist')
    if (!said.ok) return say.bad(said)
    rows = said.value
    draw()
  }
  const card = (name, items) =>
    element('article', { className: 'request' }, element('h2', {}, `${name} · ${items[0].family}`), ...items.map(line))
  const line = ({ breaker, item, text, source, due, signed, by, note }) => {
    const remark = field(t('Remark'), { maxLength: 200, autocomplete: 'off' })
    const sign = button(t('I have done it'), async () => {
      const said = await call('/checklist', { breaker, item, note: remark.input.value })
      if (!said.ok) return say.bad(said)
      say.good(t('Signed.'))
      await load()
    })
    const state = signed === '' ? t('never done') : `${shortly(signed)}, ${by}${note === '' ? '' : `: ${note}`}`
    return element(
      'div',
      { className: 'item' },
      element(
        'p',
        {},
        element('b', { className: due ? 'bad' : 'good' }, due ? t('DUE') : t('DONE')),
        ` ${text} `,
        element('span', { className: 'mute' }, `[${source}] ${state}`),
      ),
      ...(me.may.includes('lock') && due ? [element('details', {}, element('summary', {}, t('Sign it')), ...remark.parts, sign)] : []),
    )
  }
  open.input.addEventListener('change', draw)
  find.input.addEventListener('input', draw)
  await load()
  return [
    element(
      'section',
      { className: 'wide' },
      element('h1', {}, t('Checklist')),
      element(
        'p',
        { className: 'mute' },
        t('What no gateway can do: locked rooms, PINs on displays, unused radio. By the guide, for the paths that each family has.'),
      ),
      element('div', { className: 'filters' }, element('div', {}, ...open.parts), element('div', {}, ...find.parts)),
      say.place,
      place,
    ),
  ]
}
