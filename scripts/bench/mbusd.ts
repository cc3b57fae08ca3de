import { spawn, spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import type { TrueLine } from '../../hil/rig/true-line.ts'
import { freePort } from './free-port.ts'
import { loadClient, read } from './load.ts'

/**
 * The same work through mbusd, tuned as far as it goes (no pause between requests), where it is on the PATH. In the clear: it has no TLS.
 * Answers each second, or `not-installed`.
 */
export async function mbusdRate(line: TrueLine, baud: number, seconds: number): Promise<number | 'not-installed'> {
  if (spawnSync('mbusd', ['-h']).error !== undefined) return 'not-installed'
  const port = await freePort()
  const words = ['-d', '-L', '-', '-v', '0', '-p', line.path, '-s', String(baud), '-m', '8e1', '-P', String(port), '-N', '0', '-R', '0']
  const child = spawn('mbusd', words, { stdio: 'ignore' })
  try {
    for (let tries = 0; tries < 100; tries++) {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true })
      const up = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      })
      if (!up) {
        await new Promise((resume) => setTimeout(resume, 50))
        continue
      }
      const client = loadClient(socket)
      let at = 0
      const from = performance.now() + 1000
      const measured = await client.saturate(4, () => read(1, 12_000 + (at++ % 90), 10), from, from + seconds * 1000)
      client.close()
      return measured.latencies.length / seconds
    }
    throw new Error('mbusd did not listen')
  } finally {
    child.kill()
  }
}
