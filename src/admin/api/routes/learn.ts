import { createTwoFilesPatch } from 'diff'
import type { FastifyInstance } from 'fastify'
import type { Gateway } from '../../../gateway/index.ts'
import { isoUs } from '../../../platform/index.ts'
import { mayAsk } from '../../../policy/index.ts'
import type { LearnedView } from '../../contract/index.ts'
import type { ConfigurationFile } from './access.ts'
import { allowed } from '../caller.ts'

/** What observed breakers were asked for, and the change that would let it pass. It is never made by itself. */
export function learnRoutes(app: FastifyInstance, gateway: Gateway, file: ConfigurationFile): void {
  app.get('/v1/learned', (request, reply) => {
    if (allowed(request, reply, 'look', gateway) === undefined) return reply
    const seen = gateway.observedRequests.list().map(({ firstUtcUs, lastUtcUs, ...rest }) => ({
      ...rest,
      first: isoUs(firstUtcUs),
      last: isoUs(lastUtcUs),
    }))
    return reply.send(learnedView(seen, file.text(), gateway.site()))
  })
}

type Seen = LearnedView['seen']

export function learnedView(seen: Seen, text: string, { rights }: Pick<ReturnType<Gateway['site']>, 'rights'>): LearnedView {
  const wanted = new Map<string, Set<string>>()
  for (const { role, class: asked, breaker, wouldDeny } of seen) {
    if (wouldDeny !== 'role' || mayAsk(rights, role, asked as Parameters<typeof mayAsk>[2], breaker)) continue
    wanted.set(role, (wanted.get(role) ?? new Set()).add(asked))
  }
  const proposed = [...wanted].reduce((so, [role, classes]) => withRights(so, role, [...classes]), text)
  const diff =
    proposed === text ? '' : createTwoFilesPatch('breakwall.toml', 'breakwall.toml', text, proposed, 'in force', 'proposed', { context: 2 })
  return { seen, diff, notes: notesOf(seen) }
}

/** The file with these classes added to what a role may ask for. */
function withRights(text: string, role: string, classes: readonly string[]): string {
  const lines = text.split('\n')
  const quoted = JSON.stringify(role)
  const start = lines.findIndex((line) => [`[roles.${role}]`, `[roles.${quoted}]`].includes(line.split('#')[0]?.trim() ?? ''))
  const name = /^[A-Za-z0-9_-]+$/.test(role) ? role : quoted
  if (start < 0) return `${text.trimEnd()}\n\n[roles.${name}]\nmay = ${listed(classes)}\n`
  const length = lines.slice(start + 1).findIndex((line) => line.trimStart().startsWith('['))
  const end = length < 0 ? lines.length : start + 1 + length
  const may = lines.findIndex((line, i) => i > start && i < end && /^\s*may\s*=\s*\[[^\]]*\]/.test(line))
  if (may < 0) lines.splice(start + 1, 0, `may = ${listed(classes)}`)
  else {
    const had = [...((lines[may] ?? '').split('#')[0] ?? '').matchAll(/"([^"]*)"/g)].map(([, one = '']) => one)
    lines[may] = (lines[may] ?? '').replace(/\[[^\]]*\]/, listed([...new Set([...had, ...classes])]))
  }
  return lines.join('\n')
}

const listed = (classes: readonly string[]): string => `[${classes.map((one) => JSON.stringify(one)).join(', ')}]`

const remedies: Readonly<Record<string, string>> = {
  locked: 'somebody has to unlock it first: breakwall unlock',
  'acl-level': 'its address gets no more than reading: look at [[access]]',
  'revocation-unknown': 'its authority has no current list in `revocation` of the listener: breakwall check',
  'clear-text': 'its listener is in the clear, where clients only read',
  'unknown-operation': 'no profile knows it: it will be refused, whoever asks',
  'no-grant': 'it needs a grant: breakwall grant ask',
  'value-limit': 'its value is outside a [[guard]]',
  'value-not-seen': 'a [[guard]] limits a value, and its profile does not describe all that it writes',
  'rate-limit': 'it is more often than a [[guard]] allows',
  'outside-hours': 'it is outside the hours of a [[guard]]',
  'select-first': 'a [[guard]] asks for it twice',
}

const notesOf = (seen: Seen): string[] =>
  seen
    .filter(({ wouldDeny }) => remedies[wouldDeny] !== undefined)
    .map(({ client, words, wouldDeny, count }) => `${client}: ${words}, ${count} times: ${remedies[wouldDeny] ?? ''}`)
