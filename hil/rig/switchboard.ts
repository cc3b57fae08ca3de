import { Twin, families } from '../twins/breaker.ts'
import { openFrameLog } from './frame-log.ts'
import { type SerialRig, startSerialRig } from './serial-line.ts'
import { type TcpRig, startTcpRig } from './tcp-interface.ts'

export type Switchboard = {
  /** rs485-1: breakers behind IFM interfaces. */
  readonly serial: SerialRig
  /** rs485-2: a BSCM Modbus, and PowerPacT behind IFMs. */
  readonly serial2: SerialRig
  /** eth-1: an IFE with its breaker. */
  readonly tcp: TcpRig
  /** eth-2: a Panel Server. */
  readonly tcp2: TcpRig
  readonly frameLog: string
  /** By the name on the door. */
  readonly twins: Readonly<Record<(typeof breakers)[number]['name'], Twin>>
  close(): Promise<void>
}

/** The breakers of the demo, as a site would list them: every family behind the interface that it has in life. */
export const breakers = [
  { name: 'Q1', label: 'pump 1', unit: 1, family: 'ComPacT NSX', profile: 'nsx-bscm', bus: 'rs485-1', address: 1 },
  { name: 'Q2', label: 'incomer', unit: 2, family: 'MasterPacT NW', profile: 'masterpact-nt-nw', bus: 'rs485-1', address: 2 },
  { name: 'Q3', label: 'chiller', unit: 3, family: 'ComPacT NS', profile: 'compact-ns', bus: 'rs485-1', address: 3 },
  { name: 'Q4', label: 'tie', unit: 4, family: 'MasterPacT MTZ', profile: 'mtz-micrologic-x', bus: 'eth-1', address: 4 },
  { name: 'Q5', label: 'fan', unit: 5, family: 'ComPacT NSX', profile: 'nsx-bscm-modbus', bus: 'rs485-2', address: 5 },
  { name: 'Q6', label: 'feeder B', unit: 6, family: 'PowerPacT P/R', profile: 'powerpact-p-r', bus: 'rs485-2', address: 6 },
  { name: 'Q7', label: 'lift', unit: 7, family: 'PowerPacT H/J/L', profile: 'powerpact-h-j-l', bus: 'rs485-2', address: 7 },
  { name: 'Q8', label: 'backup', unit: 8, family: 'MasterPacT MTZ Active', profile: 'mtz-micrologic-active', bus: 'eth-2', address: 8 },
  { name: 'E4', label: 'interface of Q4', unit: 9, family: 'IFE', profile: 'ife', bus: 'eth-1', address: 255 },
] as const

/** Six breakers on two RS-485 lines at 19200 8E1, two and an interface on Modbus TCP. Nothing real is switched. */
export async function startSwitchboard(options: { readonly frameLog: string; readonly moving: boolean }): Promise<Switchboard> {
  const { moving } = options
  const frameLog = openFrameLog(options.frameLog)
  const twins = {
    Q1: new Twin({ name: 'Q1', family: families.nsx, closed: false, load: 180, moving }),
    Q2: new Twin({ name: 'Q2', family: families.nw, closed: true, load: 800, moving }),
    Q3: new Twin({ name: 'Q3', family: families.ns, closed: true, load: 400, moving }),
    Q4: new Twin({ name: 'Q4', family: families.mtz, closed: true, load: 230, moving }),
    Q5: new Twin({ name: 'Q5', family: families.nsxModbus, closed: true, load: 90, moving }),
    Q6: new Twin({ name: 'Q6', family: families.powerpactP, closed: true, load: 610, moving }),
    Q7: new Twin({ name: 'Q7', family: families.powerpactH, closed: true, load: 45, moving }),
    Q8: new Twin({ name: 'Q8', family: families.mtzActive, closed: false, load: 300, moving }),
    E4: new Twin({ name: 'E4', family: families.ife, closed: false, load: 0, moving }),
  }
  const on = (bus: string): ReadonlyMap<number, Twin> =>
    new Map(breakers.filter((breaker) => breaker.bus === bus).map(({ address, name }) => [address, twins[name]]))
  const line = (bus: string): SerialRig => startSerialRig({ bus, baud: 19200, deviceDelayMs: 5, frameLog }, on(bus))
  const serial = line('rs485-1')
  const serial2 = line('rs485-2')
  const tcp = await startTcpRig('eth-1', on('eth-1'), frameLog)
  const tcp2 = await startTcpRig('eth-2', on('eth-2'), frameLog)
  const refresh = setInterval(() => Object.values(twins).forEach((twin) => twin.refresh()), 1000)
  return {
    serial,
    serial2,
    tcp,
    tcp2,
    twins,
    frameLog: frameLog.path,
    async close() {
      clearInterval(refresh)
      serial.close()
      serial2.close()
      await tcp.close()
      await tcp2.close()
    },
  }
}
