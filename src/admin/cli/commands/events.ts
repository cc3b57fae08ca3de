import { type EventView, eventCategories, eventSeverities } from '../../contract/index.ts'
import { call } from '../client.ts'
import { type Common, type Parts, type Terminal, print, wrongWords } from '../parts.ts'
import { toInstant } from '../text/instant.ts'
import { eventLine } from '../text/status.ts'

type Options = Common & {
  after?: string
  limit: string
  follow: boolean
  story?: string
  since?: string
  until?: string
  breaker?: string
  subject?: string
  category?: string
  severity?: string
  id?: string
  correlation?: string
}

/** `breakwall events`: what happened, by any of the things that one knows of it. */
export function events({ add, terminal, finish }: Parts): void {
  add('events', 'what happened, oldest first; the newest 100 unless something else is asked for')
    .option('--since <time>', 'from this instant on: 2h, 3d, or 2026-11-24T06:00')
    .option('--until <time>', 'up to this instant')
    .option('--breaker <name>', 'of one breaker')
    .option('--subject <name>', 'of one person, program or client')
    .option('--category <name>', `one of ${eventCategories.join(', ')}`)
    .option('--severity <name>', `this and graver: ${eventSeverities.join(', ')}`)
    .option('--id <event>', 'of one kind, such as operation-denied (docs/events.md), with the sums of repeated ones')
    .option('--correlation <id>', 'request, decision and outcome of one operation')
    .option('--story <seq>', 'the same, of the operation that this event belongs to')
    .option('--after <seq>', 'only events behind this number')
    .option('--limit <count>', 'how many at most, 1 to 1000', '100')
    .option('--follow', 'go on with what happens next', false)
    .action(async (options: Options) => {
      const { json, api, follow } = options
      const socket = terminal.findSocket(api)
      const query = queryOf(options, terminal)
      if ('wrong' in query) return finish(wrongWords(terminal, query.wrong, query.hint))
      if (options.story !== undefined) {
        const found = await call<readonly EventView[]>(socket, 'GET', `/v1/events?after=${Number(options.story) - 1}&limit=1`)
        if (found.kind !== 'ok') return finish(print(found, json, () => '', terminal))
        const correlation = String(found.value[0]?.fields['correlation'] ?? '')
        if (correlation === '')
          return finish(wrongWords(terminal, `event ${options.story} belongs to no operation`, 'name the number of an operation-… event'))
        query['correlation'] = correlation
      }
      for (;;) {
        const path = `/v1/events?${new URLSearchParams({ ...query, wait: follow ? '25' : '0' }).toString()}`
        const answered = await call<readonly EventView[]>(socket, 'GET', path)
        if (answered.kind !== 'ok') return finish(print(answered, json, () => '', terminal))
        for (const event of answered.value) terminal.out(json ? JSON.stringify(event) : eventLine(event))
        if (!follow) return
        const last = answered.value.at(-1)?.seq
        if (last !== undefined) query['after'] = String(last)
      }
    })
}

type Wrong = { readonly wrong: string; readonly hint: string }

function queryOf(options: Options, terminal: Terminal): Record<string, string> | Wrong {
  const query: Record<string, string> = { limit: options.limit }
  for (const name of ['after', 'breaker', 'subject', 'category', 'severity', 'id', 'correlation'] as const) {
    const value = options[name]
    if (value !== undefined) query[name] = value
  }
  if (options.story !== undefined && !/^\d+$/.test(options.story))
    return { wrong: `"${options.story}" is not the number of an event`, hint: 'write it as 1234' }
  for (const name of ['since', 'until'] as const) {
    const text = options[name]
    if (text === undefined) continue
    const instant = toInstant(text, terminal.nowMs())
    if (instant === undefined) return { wrong: `"${text}" is not a time`, hint: 'write it as 2h, 3d, or 2026-11-24T06:00' }
    query[name] = instant
  }
  return query
}
