import type { EventView, StatusView } from '../../contract/index.ts'
import { call } from '../client.ts'
import { type Common, type Parts, exitCode, print } from '../parts.ts'
import { useOf } from '../text/show-buses.ts'
import { table } from '../text/table.ts'

const EVERY_MS = 1000
const REFUSALS = 12

/** `breakwall top`: buses, clients and refusals, drawn anew each second until Ctrl-C. */
export function top({ add, terminal, finish }: Parts): void {
  add('top', 'a live view of buses, clients and refusals; without a terminal it is printed once').action(async ({ api, json }: Common) => {
    const where = terminal.findSocket(api)
    const look = async () => {
      const status = await call<StatusView>(where, 'GET', '/v1/status')
      if (status.kind !== 'ok') return status
      const refused = await call<readonly EventView[]>(where, 'GET', `/v1/events?id=operation-denied&limit=${REFUSALS}`)
      return {
        kind: 'ok',
        value: { status: status.value, refused: refused.kind === 'ok' ? refused.value : ('not-read' as const) },
      } as const
    }
    const first = await look()
    if (first.kind !== 'ok' || json || !terminal.draws)
      return finish(print(first, json, ({ status, refused }) => topLines(status, refused).join('\n'), terminal))
    await new Promise<void>((ended) => {
      let over = false
      const stop = (): void => {
        over = true
        terminal.screen('end')
        ended()
      }
      terminal.interrupted(stop)
      const draw = (seen: Awaited<ReturnType<typeof look>>): void => {
        if (over) return
        terminal.screen(seen.kind === 'ok' ? topLines(seen.value.status, seen.value.refused) : ['', ` ${seen.error}: ${seen.hint}`])
        terminal.after(EVERY_MS, () => {
          look().then(draw, stop)
        })
      }
      draw(first)
    })
    finish(exitCode.done)
  })
}

const time = (iso: string): string => new Date(iso).toLocaleTimeString('en-GB')

function refusalsText(refused: readonly EventView[] | 'not-read'): string {
  if (refused === 'not-read') return 'what was refused cannot be read: it takes the right "events"'
  if (refused.length === 0) return 'nothing was refused'
  const rows = [...refused].reverse().map(({ id, time: at, fields }) => {
    const { operation, subject, reason, count, seconds } = fields
    const more = id === 'events-collapsed' ? ` (${String(count)} more within ${String(seconds)} s)` : ''
    return [time(at), String(operation), String(subject), `${String(reason)}${more}`]
  })
  return table([['Refused', 'What', 'By', 'Why'], ...rows])
}

/** The view as lines: what is in the way first, then buses, clients, and what was refused last. */
export function topLines(status: StatusView, refused: readonly EventView[] | 'not-read'): string[] {
  const unlocked = status.breakers.flatMap(({ name, locks }) =>
    Object.entries(locks).flatMap(([scope, lock]) => (lock.locked ? [] : [`${name} ${scope} ${Math.ceil(lock.secondsLeft / 60)} min`])),
  )
  const tagged = status.breakers.filter(({ tags, jobs }) => tags.length + jobs.length > 0).map(({ name }) => name)
  const clients = status.clients.map(({ name, role, source, listener, connections }) => [name, role, source, listener, String(connections)])
  return [
    `${status.site} · ${status.breakers.length} breakers · ${status.clients.length} clients · event ${status.journal.seq}`,
    ...status.faults.map(({ part, reason }) => `EVERY OPERATION IS DENIED: ${part}: ${reason}`),
    ...(status.masterLock.on ? [`MASTER LOCK ON, by ${status.masterLock.by}: ${status.masterLock.reason}`] : []),
    `unlocked: ${unlocked.join(', ') || 'nothing'}   tagged: ${tagged.join(', ') || 'nothing'}`,
    '',
    table([['Bus', '', 'Use'], ...status.buses.map((bus) => [bus.name, bus.up ? 'up' : 'DOWN', useOf(bus)])]),
    '',
    clients.length === 0 ? 'nobody is connected' : table([['Client', 'Role', 'From', 'Listener', 'Connections'], ...clients]),
    '',
    refusalsText(refused),
  ].flatMap((part) => part.split('\n'))
}
