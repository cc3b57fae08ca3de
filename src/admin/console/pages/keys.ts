// Certificates, and the vault with the breakers' own passwords: whose and since when, never the password.
import { call, choice, element, field, table, teller } from './dom.js'
import { shortly, t } from './texts.js'

export async function keysPage(me, start) {
  const [certificates, vault] = await Promise.all([call('/certificates'), call('/vault')])
  const rows = certificates.ok
    ? [...certificates.value]
        .sort((a, b) => a.daysLeft - b.daysLeft)
        .map(({ name, kind, role, where, daysLeft, serial, lastSeen }) => [
          name,
          kind,
          role,
          where,
          daysLeft < 0 ? element('b', { className: 'bad' }, t('HAS ENDED')) : t('{days} days', { days: daysLeft }),
          lastSeen === '' ? '' : shortly(lastSeen),
          element('code', {}, serial),
        ])
    : []
  const heads = [t('Certificate'), t('Kind'), t('Role'), t('Where'), t('Ends in'), t('Last seen'), t('Serial number')]
  return [
    element(
      'section',
      { className: 'wide' },
      element('h1', {}, t('Keys')),
      element('h2', {}, t('Certificates')),
      table(t('Certificates'), heads, rows),
      element('p', { className: 'mute' }, t('breakwall cert issues, renews and revokes them on the machine that keeps the authority.')),
    ),
    vaultCard(me, vault, start),
  ]
}

function vaultCard(me, vault, start) {
  const say = teller()
  if (!vault.ok) return element('section', {}, `${vault.error}: ${vault.hint}`)
  const { closed, entries } = vault.value
  const rows = entries.map(({ breaker, level, changed, factory }) => [
    breaker,
    level,
    shortly(changed),
    factory ? element('b', { className: 'bad' }, t('FACTORY PASSWORD')) : '',
  ])
  const breaker = field(t('Breaker'), { autocomplete: 'off', autocapitalize: 'none', required: true })
  const level = choice(
    t('Level'),
    ['operator', 'engineer', 'services', 'administrator'].map((one) => [one, one]),
  )
  const password = field(t('Password of the breaker'), { type: 'password', autocomplete: 'new-password', required: true })
  const made = element(
    'form',
    { className: 'filters', hidden: !me.may.includes('vault') },
    ...[breaker, level, password].map(({ parts }) => element('div', {}, ...parts)),
    element('button', { className: 'main' }, t('Keep it')),
  )
  made.addEventListener('submit', async (event) => {
    event.preventDefault()
    const said = await call('/vault/set', { breaker: breaker.input.value, level: level.input.value, password: password.input.value })
    password.input.value = ''
    if (!said.ok) return say.bad(said)
    await start()
  })
  return element(
    'section',
    { className: 'wide' },
    element('h2', {}, t('Vault')),
    ...(closed === '' ? [] : [element('p', { className: 'alarm' }, closed)]),
    table(t('Vault'), [t('Breaker'), t('Level'), t('Changed'), ''], rows),
    made,
    say.place,
  )
}
