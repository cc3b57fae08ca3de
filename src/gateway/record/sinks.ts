import type { CheckedSite } from '../../config/index.ts'
import { type SecurityEvent, event } from '../../events/index.ts'
import type { Journal } from '../../journal/index.ts'
import type { Clock, Random } from '../../platform/index.ts'
import { type Sink, type SinkSettings, type SinkStatus, type SinkTest, startSink, testSink } from '../../syslog/index.ts'

export type SinksPorts = {
  readonly journal: Journal
  readonly note: (event: SecurityEvent) => void
  readonly clock: Clock
  readonly random: Random
  readonly pid: number
  readonly version: string
  /** The time zone of this machine, its IANA name. */
  readonly zone: string
}

/** Where events go, while the gateway runs. */
export interface Sinks {
  status(): readonly SinkStatus[]
  /** Up to which event each sink has had all: what retention must leave alone. */
  delivered(): readonly { readonly sink: string; readonly upTo: number }[]
  /** Sends a test event to each receiver of a sink; `unknown` when there is no such sink. */
  test(name: string, by: string): Promise<readonly SinkTest[] | 'unknown' | 'unavailable'>
  /** Takes on another set: those that stay the same go on, others end in order before their successors begin. */
  change(next: readonly SinkSettings[]): Promise<void>
  close(): Promise<void>
}

export async function openSinks(settings: readonly SinkSettings[], ports: SinksPorts): Promise<Sinks> {
  const { journal, clock } = ports
  const sinks = new Map<string, Sink>()
  const start = async (one: SinkSettings): Promise<void> => void sinks.set(one.name, await startSink(one, ports))
  await Promise.all(settings.map(start))
  return {
    status: () => [...sinks.values()].map((sink) => sink.status()),
    delivered: () => [...sinks.values()].map((sink) => ({ sink: sink.settings.name, upTo: sink.upTo() })),
    async test(name, by) {
      const sink = sinks.get(name)
      if (sink === undefined) return 'unknown'
      const tested = event('sink-tested', { subject: by, sink: name })
      const seq = await journal.append(tested)
      if (seq === 'unavailable') return seq
      const [record] = await journal.read(seq - 1, 1)
      if (record === undefined) return 'unavailable' // on disk, and not to be read: the disk fails
      return testSink(sink.settings, record, { clock, pid: ports.pid, version: ports.version, zone: ports.zone })
    },
    async change(next) {
      const same = (one: SinkSettings): boolean => {
        const before = sinks.get(one.name)
        return before !== undefined && shape(before.settings) === shape(one)
      }
      const going = [...sinks.values()].filter(({ settings: { name } }) => !next.some((one) => one.name === name && same(one)))
      await Promise.all(
        going.map(async (sink) => {
          await sink.close()
          sinks.delete(sink.settings.name)
        }),
      )
      await Promise.all(next.filter(({ name }) => !sinks.has(name)).map(start))
    },
    async close() {
      await Promise.all([...sinks.values()].map((sink) => sink.close()))
    },
  }
}

/** Two settings are the same when these are. Certificates are in it: a renewed one is a new sink. */
export const shape = ({ categories, ...rest }: CheckedSite['sinks'][number] | SinkSettings): string =>
  JSON.stringify({ ...rest, categories: categories === 'all' ? 'all' : [...categories].sort() })
