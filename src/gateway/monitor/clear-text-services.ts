import { openPorts } from '../../bus/index.ts'
import type { BusSettings } from '../../config/index.ts'
import { type SecurityEvent, event } from '../../events/index.ts'
import type { Clock } from '../../platform/index.ts'

/** What one Ethernet interface offers that it should not. */
export type ServicesFound = {
  readonly bus: string
  readonly host: string
  readonly looked: readonly number[]
  readonly open: readonly string[]
}

const names: Readonly<Record<number, string>> = { 21: 'FTP', 23: 'Telnet', 80: 'HTTP', 161: 'SNMP', 443: 'HTTPS' }

/** The commissioning check: looks once at each Ethernet interface for services in the clear; each that is found is an event. */
export async function findClearTextServices(
  buses: readonly BusSettings[],
  by: string,
  { clock, note }: { readonly clock: Clock; readonly note: (event: SecurityEvent) => void },
): Promise<readonly ServicesFound[]> {
  const found: ServicesFound[] = []
  for (const bus of buses) {
    if (bus.kind !== 'tcp') continue
    const ports = await openPorts(bus.host, bus.unwantedServices, clock)
    const open = ports.map((port) => `${names[port] ?? 'a service'} (port ${port})`)
    if (open.length > 0) note(event('device-clear-text-service', { subject: by, bus: bus.name, reason: open.join(', ') }))
    found.push({ bus: bus.name, host: bus.host, looked: bus.unwantedServices, open })
  }
  return found
}
