import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The foreign syslog receiver of the tests: rsyslog with TLS and RELP. Where the machine has none, Debian's packages are unpacked into a
 * cache beside the dependencies; nothing is installed. Where that cannot be done, the tests that need it say so and are skipped, except
 * under CI.
 */
const target = join(import.meta.dirname, '../node_modules/.cache/breakwall-receivers')
const packages = [
  'rsyslog',
  'rsyslog-relp',
  'rsyslog-gnutls',
  'rsyslog-openssl',
  'librelp0',
  'libestr0',
  'libfastjson4',
  'liblognorm5',
  'libgnutls30',
]

function fetch(): void {
  const folder = `${target}.new`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'packages'), { recursive: true })
  const download = (): boolean =>
    spawnSync('apt-get', ['download', '-qq', ...packages], { cwd: join(folder, 'packages'), stdio: 'ignore', timeout: 120_000 }).status ===
    0
  if (!download()) {
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', timeout: 120_000 })
    if (!download()) throw new Error(`apt-get download ${packages.join(' ')} failed`)
  }
  for (const file of globSync('packages/*.deb', { cwd: folder })) execFileSync('dpkg-deb', ['-x', join(folder, file), folder])
  rmSync(join(folder, 'packages'), { recursive: true })
  rmSync(target, { recursive: true, force: true })
  renameSync(folder, target)
}

const onPath = (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, 'rsyslogd')))
if (!onPath && !existsSync('/usr/sbin/rsyslogd') && !existsSync(target)) {
  try {
    fetch()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(
      `\nNo rsyslog: ${why}\nThe tests against a real receiver will be SKIPPED (install rsyslog, rsyslog-relp and rsyslog-gnutls).\n\n`,
    )
  }
}
