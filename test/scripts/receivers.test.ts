import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { issue, makeAuthority } from '../support/pki.ts'
import { findRsyslog, skipWithoutRsyslog } from '../support/rsyslog.ts'

t.test('rsyslog itself finds no mistake in the receiver that comes along', { skip: skipWithoutRsyslog() }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-receiver-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  await makeAuthority(folder)
  await issue(folder, 'receiver', { kind: 'server', hosts: ['localhost'] })
  const shipped = readFileSync(join(import.meta.dirname, '../../config/siem/rsyslog/breakwall-receiver.conf'), 'utf8')
  const config = join(folder, 'rsyslog.conf')
  const program = findRsyslog()
  if (program === 'none') throw new Error('there is no rsyslog')
  const check = (text: string) => {
    writeFileSync(config, text.replaceAll('/etc/rsyslog.d/tls', folder))
    const args = ['-N1', '-f', config, '-M', program.modules]
    return spawnSync(program.path, args, { encoding: 'utf8', env: { ...process.env, LD_LIBRARY_PATH: program.libraries } })
  }
  t.match(check(shipped), { status: 0, stderr: /End of config validation run/ })
  t.notMatch(check(shipped).stderr, /error|warning/i)
  t.match(check(shipped.replace('maxDataSize', 'maxDatasize2')).stderr, /maxDatasize2/, 'and would find one')
})
