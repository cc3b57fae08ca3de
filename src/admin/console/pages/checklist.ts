// What people have to do at each breaker, by the paths that its family has: done when, and by whom.
import type { ChecklistView } from '../../contract/index.ts'
import { type Person, get, post } from './api.ts'
import { button, choice, element, field, messageLine } from './dom.ts'
import { shortly, t } from './texts.ts'

export async function checklistPage(me: Person): Promise<HTMLElement[]> {
  const message = messageLine()
  const place = element('div', { className: 'cards' })
  const open = choice(t('Show'), [
    ['open', t('what is due')],
    ['all', t('all')],
  ])
  const find = field(t('Breaker'), { type: 'search', autocomplete: 'off' })
  let rows: readonly ChecklistView[] = []
  const draw = (): void => {
    const wanted = find.input.value.trim().toLowerCase()
    const shown = rows.filter(({ breaker, due }) => breaker.toLowerCase().includes(wanted) && (open.input.value === 'all' || due))
    const names = [...new Set(shown.map(({ breaker }) => breaker))]
    const cards = names.map((name) =>
      card(
        name,
        shown.filter(({ breaker }) => breaker === name),
      ),
    )
    place.replaceChildren(...(cards.length === 0 ? [element('p', { className: 'mute' }, t('Nothing is due.'))] : cards))
  }
  const load = async (): Promise<void> => {
    const reply = await get('/checklist')
    if (!reply.ok) return message.failed(reply)
    rows = reply.value
    draw()
  }
  const card = (name: string, items: readonly ChecklistView[]): HTMLElement =>
    element('article', { className: 'request' }, element('h2', {}, `${name} · ${items[0]?.family ?? ''}`), ...items.map(line))
  const line = ({ breaker, item, text, source, due, signed, by, note }: ChecklistView): HTMLElement => {
    const remark = field(t('Remark'), { maxLength: 200, autocomplete: 'off' })
    const sign = button(t('I have done it'), async () => {
      const reply = await post('/checklist', { breaker, item, note: remark.input.value })
      if (!reply.ok) return message.failed(reply)
      message.done(t('Signed.'))
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
      message.place,
      place,
    ),
  ]
}
