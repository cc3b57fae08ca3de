import type { ReportFacts } from './facts.ts'
import { type Judged, judged, listed } from './verdict.ts'

/** What the guide's parameters have at most where a site says nothing (S-22). */
const usual = { inactivityMs: 5 * 60_000, attempts: 5, lockingMs: 15 * 60_000 } as const
export function defaultPasswords({ people: { accounts }, vault, breakers }: ReportFacts): Judged {
  if (accounts.kind === 'none') return { state: 'open', words: 'nobody has set it up' }
  if (accounts.kind === 'closed') return { state: 'open', words: `the users cannot be read: ${accounts.why}` }
  if (vault.kind === 'closed') return { state: 'open', words: 'the vault is closed: its passwords cannot be compared' }
  const factory = [...new Set(vault.entries.filter((one) => one.factory).map(({ breaker }) => `${breaker} has that of the factory`))]
  const unseen = breakers.filter(({ lacksPassword }) => lacksPassword).map(({ name }) => `that of ${name} is not in the vault: unknown`)
  const needed = vault.entries.length > 0 || unseen.length > 0
  return judged(listed([...factory, ...unseen]), needed ? 'none in the vault is that of the factory' : 'no breaker here takes a password')
}

export function passwordsInVault({ vault, breakers }: ReportFacts): Judged {
  if (vault.kind === 'closed') return { state: 'open', words: `the vault is closed: ${vault.why}` }
  const without = breakers.filter(({ lacksPassword }) => lacksPassword).map(({ name }) => name)
  if (vault.entries.length === 0)
    return judged(
      without.length > 0 && `no password is in the vault: commands that need one are refused (${without.join(', ')})`,
      'no breaker here takes a password',
    )
  const held = `${vault.entries.length} passwords in the vault`
  return judged(without.length > 0 && `${held}; commands that need one of ${without.join(', ')} are refused`, held)
}

export function secondFactors({ people: { settings, users }, rights }: ReportFacts): Judged {
  const administers = [...rights].filter(([, { manage }]) => manage.has('users') || manage.has('configuration')).map(([role]) => role)
  const free = administers.filter((role) => !settings.secondFactor.has(role)).map((role) => `role ${role} needs none`)
  const missing = users
    .filter(({ role, secondFactor }) => settings.secondFactor.has(role) && !secondFactor)
    .map(({ name, role }) => `${name} (${role}) has none yet`)
  const none = administers.length === 0 && 'no role administers'
  return judged(none || listed([...free, ...missing]), `${administers.join(', ')}: needed, and every user of a role that needs one has it`)
}

export function sinksDeliver({ sinks }: ReportFacts): Judged {
  if (sinks.length === 0) return { state: 'open', words: 'no sink is configured' }
  const bad = sinks.flatMap(({ name, connected, behind }) => {
    if (!connected) return [`${name} is not connected`]
    return behind ? [`${name} is behind its limit`] : []
  })
  const unconfirmed = sinks.every(({ confirms }) => !confirms) && 'over UDP only: no receiver confirms that it has them'
  return judged(listed(bad) || unconfirmed, `${sinks.length} sinks, each connected and within its limit`)
}

export function sessionsEnd({ people: { settings } }: ReportFacts): Judged {
  const { inactivityMs, maximumAttempts, lockingMs } = settings
  const minutes = (ms: number): string => `${ms / 60_000} min`
  const weaker = [
    ...(inactivityMs > usual.inactivityMs ? [`sessions end after ${minutes(inactivityMs)} (usual: ${minutes(usual.inactivityMs)})`] : []),
    ...(maximumAttempts > usual.attempts ? [`${maximumAttempts} wrong log-ins before they lock (usual: ${usual.attempts})`] : []),
    ...(lockingMs < usual.lockingMs ? [`locked for ${minutes(lockingMs)} (usual: ${minutes(usual.lockingMs)})`] : []),
  ]
  const met = `after ${minutes(inactivityMs)} without use; ${maximumAttempts} wrong log-ins lock for ${minutes(lockingMs)}`
  return judged(listed(weaker), met)
}
