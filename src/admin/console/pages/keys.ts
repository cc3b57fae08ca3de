// Certificates, and the vault with the breakers' own passwords: whose and since when, never the password.
import type { CertificateView, VaultView, passwordLevels } from '../../contract/index.ts'
import { type ApiReply, type Person, get, post } from './api.ts'
import { type Content, choice, element, field, messageLine, onSubmit, table } from './dom.ts'
import { shortly, t } from './texts.ts'

export async function keysPage(me: Person, refresh: () => Promise<void>): Promise<HTMLElement[]> {
  const [certificates, vault] = await Promise.all([get('/certificates'), get('/vault')])
  const rows = certificates.ok ? [...certificates.value].sort((a, b) => a.daysLeft - b.daysLeft).map(certificateRow) : []
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
    vaultCard(me, vault, refresh),
  ]
}

const certificateRow = ({ name, kind, role, where, daysLeft, serial, lastSeen }: CertificateView): readonly Content[] => [
  name,
  kind,
  role,
  where,
  daysLeft < 0 ? element('b', { className: 'bad' }, t('HAS ENDED')) : t('{days} days', { days: daysLeft }),
  lastSeen === '' ? '' : shortly(lastSeen),
  element('code', {}, serial),
]

const levels = ['operator', 'engineer', 'services', 'administrator'] as const satisfies typeof passwordLevels

function vaultCard(me: Person, vault: ApiReply<VaultView>, refresh: () => Promise<void>): HTMLElement {
  const message = messageLine()
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
    levels.map((one) => [one, one]),
  )
  const password = field(t('Password of the breaker'), { type: 'password', autocomplete: 'new-password', required: true })
  const entry = element(
    'form',
    { className: 'filters', hidden: !me.may.includes('vault') },
    ...[breaker, level, password].map(({ parts }) => element('div', {}, ...parts)),
    element('button', { className: 'main' }, t('Keep it')),
  )
  onSubmit(entry, async () => {
    const chosen = levels.find((one) => one === level.input.value) ?? 'operator'
    const reply = await post('/vault/set', { breaker: breaker.input.value, level: chosen, password: password.input.value })
    password.input.value = ''
    if (!reply.ok) return message.failed(reply)
    await refresh()
  })
  return element(
    'section',
    { className: 'wide' },
    element('h2', {}, t('Vault')),
    ...(closed === '' ? [] : [element('p', { className: 'alarm' }, closed)]),
    table(t('Vault'), [t('Breaker'), t('Level'), t('Changed'), ''], rows),
    entry,
    message.place,
  )
}
