import { Twin, families } from '../twins/breaker.ts'
import { openFrameLog } from './frame-log.ts'
import { type SerialRig, startSerialRig } from './serial-line.ts'
import { type TcpRig, startTcpRig } from './tcp-interface.ts'

export type Switchboard = {
  readonly serial: SerialRig
  readonly tcp: TcpRig
  readonly frameLog: string
  /** By the name on the door. */
  readonly twins: Readonly<Record<'Q1' | 'Q2' | 'Q3' | 'Q4', Twin>>
  close(): Promise<void>
}

/** The breakers of the demo, as a site would list them. Q4's interface is reached over Ethernet. */
export const breakers = [
  { name: 'Q1', label: 'pump 1', unit: 1, family: 'ComPacT NSX', profile: 'nsx-bscm', bus: 'rs485-1' },
  { name: 'Q2', label: 'incomer', unit: 2, family: 'MasterPacT NW', profile: 'masterpact-nt-nw', bus: 'rs485-1' },
  { name: 'Q3', label: 'chiller', unit: 3, family: 'ComPacT NS', profile: 'compact-ns', bus: 'rs485-1' },
  { name: 'Q4', label: 'tie', unit: 4, family: 'MasterPacT MTZ', profile: 'mtz-micrologic-x', bus: 'eth-1' },
] as const

/** Three breakers on one RS-485 line at 19200 8E1, one on Modbus TCP. Nothing real is switched. */
export async function startSwitchboard(options: { readonly frameLog: string; readonly moving: boolean }): Promise<Switchboard> {
  const { moving } = options
  const frameLog = openFrameLog(options.frameLog)
  const twins = {
    Q1: new Twin({ name: 'Q1', family: families.nsx, closed: false, load: 180, moving }),
    Q2: new Twin({ name: 'Q2', family: families.nw, closed: true, load: 800, moving }),
    Q3: new Twin({ name: 'Q3', family: families.ns, closed: true, load: 400, moving }),
    Q4: new Twin({ name: 'Q4', family: families.mtz, closed: true, load: 230, moving }),
  }
  const line = new Map([
    [1, twins.Q1],
    [2, twins.Q2],
    [3, twins.Q3],
  ])
  const serial = startSerialRig({ bus: 'rs485-1', baud: 19200, deviceDelayMs: 5, frameLog }, line)
  const tcp = await startTcpRig('eth-1', new Map([[4, twins.Q4]]), frameLog)
  const refresh = setInterval(() => Object.values(twins).forEach((twin) => twin.refresh()), 1000)
  return {
    serial,
    tcp,
    twins,
    frameLog: frameLog.path,
    async close() {
      clearInterval(refresh)
      serial.close()
      await tcp.close()
    },
  }
}
