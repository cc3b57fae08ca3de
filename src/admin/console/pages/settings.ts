// What is in the configuration file, with its lines; it is changed in the file, and put in force here.
import { button, call, element, teller } from './dom.js'
import { t } from './texts.js'

export async function settingsPage(me, start) {
  const said = await call('/settings')
  if (!said.ok) return [element('section', {}, `${said.error}: ${said.hint}`)]
  const { file, inForce, onDisk, mistakes, lines } = said.value
  const say = teller()
  const same = inForce === onDisk
  const reload = button(t('Put the file in force'), async () => {
    say.wait(t('asking the gateway …'))
    const done = await call('/reload', {})
    if (!done.ok) return say.bad(done)
    await start()
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
      say.place,
      element(
        'p',
        { className: 'mute' },
        t('Every setting stands in this file, with its line; what is left out has the value that the annotated configuration shows.'),
      ),
      element('ol', { className: 'code', tabIndex: 0, ariaLabel: file }, ...rows),
    ),
  ]
}
