import { loadSite } from '../config/index.ts'
import { readPair } from '../identity/index.ts'
import { checkStartOptions, cipherSuites, hintOfListening, notifySystemd, ownStartOptions, stderrLog } from '../platform/index.ts'
import { withoutDebugger } from './debugger.ts'
import { type Ended, refused } from './ended.ts'

/** The pages, as a process of its own without the rights of the gateway: they hold no state and know the gateway by its API only. */
export async function runConsole(file: string): Promise<Ended> {
  const started = checkStartOptions(ownStartOptions())
  if (started.kind === 'refused') return refused(`the pages were not started: ${started.why}`, started.hint)
  const stopCounting = withoutDebugger(() => undefined)
  const loaded = loadSite(file)
  if (loaded.kind === 'problems') return refused(`${loaded.problems.length} mistakes in ${file}`, `breakwall check ${file}`)
  const { console: pages, apiSocket } = loaded.site
  if (pages === 'none') return refused('the configuration has no [console]', 'add one: address, name, certificate and key')
  const pair = readPair(pages)
  if ('kind' in pair) return refused(pair.why, pair.mend)
  const { host, port, name } = pages
  const { startConsole } = await import('../admin/console/index.ts')
  const running = await startConsole({ host, port, name, ...pair, ciphers: cipherSuites, apiSocket }).catch((why: unknown) => ({ why }))
  if ('why' in running) return refused(`the pages: ${String(running.why)}`, hintOfListening(running.why, host, port))
  stderrLog.info(`the pages are at https://${name}:${running.port}`)
  notifySystemd('READY=1')
  await new Promise<void>((asked) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked())
  })
  stopCounting()
  await running.close()
  return { kind: 'stopped' }
}
