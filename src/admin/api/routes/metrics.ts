import { Counter, Gauge, Registry } from 'prom-client'
import type { Gateway } from '../../../gateway/index.ts'
import { busesView } from '../views/buses.ts'
import { sinkView } from '../views/sinks.ts'

/** All figures in the text format of Prometheus. Made anew for each reading: the figures are the buses' own. */
export function metricsText(gateway: Gateway): Promise<string> {
  const registry = new Registry()
  const registers = [registry]
  const gauge = (name: string, help: string, labelNames: string[]) => new Gauge({ name: `breakwall_${name}`, help, labelNames, registers })
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name: `breakwall_${name}_total`, help, labelNames, registers })
  const { buses, units } = busesView(gateway)

  const up = gauge('bus_up', 'Whether the port of the bus is open', ['bus'])
  const busy = gauge('bus_busy_ratio', 'Share of the last 10 s that the line was in use', ['bus'])
  const waiting = gauge('bus_waiting_requests', 'Requests that wait for their turn or their answer', ['bus'])
  const answers = counter('bus_answers', 'Requests answered by a device', ['bus'])
  const transactions = counter('bus_transactions', 'Transactions on the wire', ['bus'])
  for (const bus of buses) {
    const labels = { bus: bus.name }
    up.set(labels, bus.up ? 1 : 0)
    busy.set(labels, bus.busy)
    waiting.set(labels, bus.waiting)
    answers.inc(labels, bus.answers)
    transactions.inc(labels, bus.transactions)
  }

  const unitLabels = ['bus', 'breaker', 'unit']
  const silent = gauge('unit_silent', 'Whether the unit is asked only now and then, because it did not answer', unitLabels)
  const share = gauge('unit_bus_share_ratio', 'Share of the last 10 s that the unit had of its bus', unitLabels)
  const quantile = gauge('unit_response_seconds', 'Response time of the unit', [...unitLabels, 'quantile'])
  const counts = {
    transactions: counter('unit_transactions', 'Transactions with the unit', unitLabels),
    exceptions: counter('unit_exceptions', 'Exceptions that the unit answered', unitLabels),
    timeouts: counter('unit_timeouts', 'Requests without a valid reply in time', unitLabels),
    crcErrors: counter('unit_crc_errors', 'Replies with a wrong CRC', unitLabels),
    late: counter('unit_late_replies', 'Replies that came after their time-out', unitLabels),
    discarded: counter('unit_discarded_replies', 'Replies discarded for another reason', unitLabels),
    retries: counter('unit_retries', 'Reads that were asked again', unitLabels),
    backedOff: counter('unit_backed_off', 'Requests answered 0B without asking', unitLabels),
  }
  for (const view of units) {
    const labels = { bus: view.bus, breaker: view.breaker, unit: String(view.unit) }
    silent.set(labels, view.state === 'silent' ? 1 : 0)
    share.set(labels, view.busShare)
    quantile.set({ ...labels, quantile: '0.5' }, view.p50Ms / 1000)
    quantile.set({ ...labels, quantile: '0.99' }, view.p99Ms / 1000)
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name].inc(labels, view[name])
  }

  const connections = gauge('connections', 'Connections of clients', ['listener'])
  for (const listener of gateway.listeners) connections.set({ listener: listener.name }, listener.connections())
  const expiry = gauge('certificate_expiry_seconds', 'Seconds until a certificate ends; below 0 when it has', [
    'name',
    'kind',
    'where',
    'serial',
  ])
  for (const { name, kind, where, serial, expiresMs } of gateway.certificates.list())
    expiry.set({ name, kind, where, serial }, Math.round(expiresMs / 1000 - gateway.clock.utcUs() / 1e6))
  ofTheJournal(gateway, gauge, counter)
  gauge('sessions', 'Sessions of people', []).set(gateway.people.sessions().length)
  gauge('journal_writes', 'Whether the journal can be written', []).set(gateway.journal.writes() ? 1 : 0)
  counter('journal_events', 'Events in the journal', []).inc(gateway.journal.head().seq)
  return registry.metrics()
}

type Make<T> = (name: string, help: string, labelNames: string[]) => T

function ofTheJournal(gateway: Gateway, gauge: Make<Gauge>, counter: Make<Counter>): void {
  const sinkUp = gauge(
    'sink_connected',
    'Whether a receiver has confirmed events of the sink and nothing failed since; over UDP: whether they are sent',
    ['sink'],
  )
  const owed = gauge('sink_owed_events', 'Events that the sink has still to get', ['sink'])
  const owedSeconds = gauge('sink_owed_seconds', 'Age of the oldest of them', ['sink'])
  const behind = gauge('sink_behind', 'Whether the sink is beyond its limit', ['sink'])
  const sent = counter('sink_sent_events', 'Messages sent, those that were sent again included', ['sink'])
  for (const sink of gateway.sinks.status()) {
    const labels = { sink: sink.name }
    sinkUp.set(labels, sinkView(sink).connected ? 1 : 0)
    owed.set(labels, sink.owed)
    owedSeconds.set(labels, sink.owedSeconds)
    behind.set(labels, sink.behind ? 1 : 0)
    sent.inc(labels, sink.sent)
  }
  const { bytes, freeBytes } = gateway.retention.status()
  gauge('journal_bytes', 'Size of the journal', []).set(bytes)
  gauge('journal_disk_free_bytes', 'Free space on its disk', []).set(freeBytes)
  gauge('fail_closed', 'Whether every operation is denied because a part cannot be trusted', []).set(gateway.failClosed.permits() ? 0 : 1)
}
