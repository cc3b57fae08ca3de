import type { Report } from '../../upstream/index.ts'

/** Names of clients that are told at most. */
const MOST_TOLD = 8

export type Present = {
  readonly name: string
  readonly role: string
  readonly source: string
  readonly listener: string
  readonly connections: number
}

export type ConnectedClients = ReturnType<typeof createConnectedClients>

/** Who is connected, out of what the doors report anyway. */
export function createConnectedClients() {
  const there = new Map<string, Present>()
  const change = (told: Omit<Present, 'connections'>, by: number): void => {
    const key = JSON.stringify([told.name, told.role, told.source, told.listener])
    const connections = (there.get(key)?.connections ?? 0) + by
    if (connections <= 0) there.delete(key)
    else there.set(key, { ...told, connections })
  }
  return {
    /** Looks at what is reported and passes it on. */
    watch:
      (report: Report): Report =>
      (id, fields) => {
        if (id === 'connection-opened' || id === 'connection-closed') {
          const { subject, role, source, listener } = fields as Readonly<Record<string, unknown>>
          const told = { name: String(subject), role: String(role), source: String(source), listener: String(listener) }
          change(told, id === 'connection-opened' ? 1 : -1)
        }
        report(id, fields)
      },
    list: (): readonly Present[] => [...there.values()],
    words(): string {
      const names = [...new Set([...there.values()].map(({ name }) => name))]
      const more = names.length > MOST_TOLD ? ` and ${names.length - MOST_TOLD} more` : ''
      return names.length === 0 ? 'nobody' : `${names.slice(0, MOST_TOLD).join(', ')}${more}`
    },
  }
}
