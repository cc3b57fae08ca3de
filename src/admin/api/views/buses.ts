import type { Gateway } from '../../../gateway/index.ts'
import type { BusView, BusesView, UnitView } from '../../contract/index.ts'

type Bus = ReturnType<Gateway['site']>['buses'][number]

function portOf(bus: Bus): string {
  if (bus.kind === 'serial') return `${bus.path} ${bus.baud} 8${bus.parity.charAt(0).toUpperCase()}${bus.stopBits}`
  return `${bus.host}:${bus.port}${bus.tls === 'none' ? '' : ' TLS'}`
}

/** What each line carries, and what was counted of each unit on it. */
export function busesView(gateway: Gateway): BusesView {
  const units = gateway.site().breakers.map((breaker): UnitView => {
    const figures = gateway.buses.get(breaker.bus)?.unitFigures(breaker.address)
    if (figures === undefined) throw new Error(`there is no bus ${breaker.bus}`)
    return { breaker: breaker.name, bus: breaker.bus, unit: breaker.unit, ...figures }
  })
  const buses = gateway.site().buses.map((bus): BusView => {
    const figures = gateway.buses.get(bus.name)?.figures()
    if (figures === undefined) throw new Error(`there is no bus ${bus.name}`)
    return {
      name: bus.name,
      port: portOf(bus),
      up: gateway.health.busIsUp(bus.name),
      warning: gateway.health.warning(bus.name),
      ...figures,
      p99Ms: Math.max(0, ...units.filter((unit) => unit.bus === bus.name).map((unit) => unit.p99Ms)),
    }
  })
  return { buses, units }
}
