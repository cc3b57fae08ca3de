// What is in the configuration file, with its lines; it is changed in the file, and put in force here.
import { type Person, get, post } from './api.ts'
import { button, element, messageLine } from './dom.ts'
import { t } from './texts.ts'

export async function settingsPage(me: Person, refresh: () => Promise<void>): Promise<HTMLElement[]> {
  const settings = await get('/settings')
  if (!settings.ok) return [element('section', {}, `${settings.error}: ${settings.hint}`)]
  const { file, inForce, onDisk, mistakes, lines } = settings.value
  const message = messageLine()
  const same = inForce === onDisk
  const reload = button(t('Put the file in force'), async () => {
    message.waiting(t('asking the gateway …'))
    const reply = await post('/reload', {})
    if (!reply.ok) return message.failed(reply)
    await refresh()
  })
  reload.hidden = same || mistakes.length > 0 || !me.may.includes('configuration')
  const state = same
    ? t('In force as it stands: {hash}', { hash: inForce })
    : t('The file has changed: {onDisk} on the disk, {inForce} in force', { onDisk, inForce })
  const rows = lines.map((text, i) => {
    const comment = /^\s*#/.test(text)
    return element(
      'li',
      { id: `line-${i + 1}`, className: comment ? 'comment' : /^\s*\[/.test(text) ? 'table' : '' },
      text === '' ? ' ' : text,
    )
  })
  return [
    element(
      'section',
      { className: 'wide' },
      element('h1', {}, t('Settings')),
      element('p', {}, `${file} · ${state}`),
      ...mistakes.map((text) => element('p', { className: 'alarm' }, text)),
      reload,
      message.place,
      element(
        'p',
        { className: 'mute' },
        t('Every setting stands in this file, with its line; what is left out has the value that the annotated configuration shows.'),
      ),
      element('ol', { className: 'code', tabIndex: 0, ariaLabel: file }, ...rows),
    ),
  ]
}
