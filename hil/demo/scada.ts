import { readFileSync } from 'node:fs'
import { connect } from 'node:tls'
import modbus from 'modbus-serial'

export type ScadaSettings = {
  readonly host: string
  readonly port: number
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** A SCADA client over Modbus/TCP Security: `modbus-serial`, with a codec that is not the gateway's. */
export function connectScada({ host, port, ca, cert, key }: ScadaSettings): Promise<modbus.default> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key), servername: 'localhost' })
    socket.setNoDelay(true)
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      const client = new modbus.default()
      client.setTimeout(5000)
      client.linkTCP(socket, { port }).then(() => resolve(client), reject)
    })
  })
}

/** The address of register 12000 in a frame, and how many registers the common data set is read in. */
const DATA_SET = { address: 11999, quantity: 113 }
const EVERY_MS = 1000

export type Polls = { answered: number; failed: number; close(): void }

/** Polls all breakers once a second; connects again when the gateway went away. */
export function startPolling(settings: ScadaSettings, units: readonly number[], onFirst: () => void): Polls {
  const polls: Polls = { answered: 0, failed: 0, close: () => undefined }
  let stopped = false
  let client: modbus.default | undefined
  let timer: NodeJS.Timeout | undefined

  const round = async (): Promise<void> => {
    const began = performance.now()
    try {
      client ??= await connectScada(settings)
      for (const unit of units) {
        client.setID(unit)
        await client.readHoldingRegisters(DATA_SET.address, DATA_SET.quantity)
        polls.answered += 1
        if (polls.answered === 1) onFirst()
      }
    } catch (error) {
      polls.failed += 1
      // An exception is an answer; anything else is a lost connection.
      if (!(error instanceof Error && 'modbusCode' in error)) {
        client?.close(() => undefined)
        client = undefined
      }
    }
    if (!stopped) timer = setTimeout(() => void round(), Math.max(0, EVERY_MS - (performance.now() - began)))
  }
  void round()
  polls.close = () => {
    stopped = true
    clearTimeout(timer)
    client?.close(() => undefined)
  }
  return polls
}
