import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of its own, removed afterwards. */
export function tempFolder(t: { teardown(run: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Runs a module in a process of which no file may be larger than 4096 bytes: the kernel takes what fits and returns a short count, as
 * it does on a nearly full disk, and refuses the next byte (EFBIG). `0` is a disk that takes nothing. Returns its output, parsed.
 */
export function onShortDisk(module: string, folder: string, blocks: 8 | 0 = 8): unknown {
  const script = `ulimit -f ${blocks}; exec env -u NODE_OPTIONS "$0" --input-type=module-typescript - "$1"`
  const done = spawnSync('sh', ['-c', script, process.execPath, folder], { input: module, encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${done.status ?? done.signal}: ${done.stderr}`)
  return JSON.parse(done.stdout) as unknown
}
