import { connect } from 'node:net'
import type { Clock } from '../platform/index.ts'
import { CONNECT_MS } from './limits.ts'

/** Which of some TCP ports of a host take a connection. Nothing is sent. */
export async function openPorts(host: string, ports: readonly number[], clock: Clock): Promise<readonly number[]> {
  const open = await Promise.all(ports.map(async (port) => ((await takes(host, port, clock)) ? [port] : [])))
  return open.flat()
}

const takes = (host: string, port: number, clock: Clock): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (taken: boolean): void => {
      cancel()
      socket.destroy()
      resolve(taken)
    }
    const cancel = clock.after(CONNECT_MS, () => end(false))
    socket.on('connect', () => end(true))
    socket.on('error', () => end(false))
  })
