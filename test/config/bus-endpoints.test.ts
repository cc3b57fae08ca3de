import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pty from '@lydell/node-pty'
import t from 'tap'
import { loadSite } from '../../src/config/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'breakwall-endpoints-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const terminal = pty.spawn('/bin/cat', [], {})
t.teardown(() => terminal.kill())
const device = (terminal as unknown as { readonly _pty: string })._pty
symlinkSync(device, join(folder, 'by-id'))

function mistakes(first: string, second: string): string[] {
  const file = join(folder, 'breakwall.toml')
  writeFileSync(file, `[[bus]]\nname = "a"\n${first}\n[[bus]]\nname = "b"\n${second}\n`)
  const loaded = loadSite(file)
  return loaded.kind === 'site' ? [] : loaded.problems.map(({ text }) => text).filter((text) => text.includes('used twice'))
}
const tcp = (address: string): string => `address = "${address}"`
const serial = (port: string): string => `port = "${port}"`

t.test('a key switch has its serial port for itself, under each of its names [S-31]', (t) => {
  const found = (busPort: string, ports: readonly string[]): string[] => {
    const switches = ports.map((port, i) => `[[key-switch]]\nname = "k${i}"\nport = "${port}"\npin = "${i === 0 ? 'CTS' : 'DSR'}"\n`)
    const file = join(folder, 'breakwall.toml')
    writeFileSync(file, `[[bus]]\nname = "a"\nport = "${busPort}"\n${switches.join('')}`)
    const loaded = loadSite(file)
    return loaded.kind === 'site' ? [] : loaded.problems.map(({ text }) => text).filter((text) => text.includes('used twice'))
  }
  t.match(found(device, [join(folder, 'by-id')]), [/used twice \(bus "a", line 1\): a key switch needs a serial port/])
  t.match(found('/dev/null', [device, join(folder, 'by-id')]), [/used twice \(key switch "k0", line 4\)/])
  t.same(found('/dev/null', [device]), [])
  t.end()
})

t.test('two buses to one interface or one serial port are a mistake, however they are spelt [S-31]', (t) => {
  const same: readonly (readonly [string, string])[] = [
    [tcp('10.30.0.11:502'), tcp('10.30.0.11:502')],
    [tcp('localhost:502'), tcp('127.0.0.1:502')],
    [tcp('[::1]:502'), tcp('LOCALHOST.:502')],
    [tcp('IFE-3.Plant7.example:502'), tcp('ife-3.plant7.example.:502')],
    [tcp('[2001:db8::1]:502'), tcp('[2001:0DB8:0:0:0:0:0:1]:502')],
    [tcp('[::ffff:10.30.0.11]:502'), tcp('10.30.0.11:502')],
    [tcp('[::ffff:0a1e:000b]:0502'), tcp('10.30.0.11:502')],
    [serial('/dev/nothing'), serial('/dev/nothing')],
    [serial(device), serial(join(folder, 'by-id'))],
  ]
  for (const [first, second] of same) t.match(mistakes(first, second), [/used twice \(bus "a", line 1\)/], `${first} and ${second}`)
  const other: readonly (readonly [string, string])[] = [
    [tcp('10.30.0.11:502'), tcp('10.30.0.11:503')],
    [tcp('10.30.0.11:502'), tcp('10.30.0.12:502')],
    [tcp('127.0.0.1:502'), tcp('127.0.0.2:502')],
    [tcp('ife-3:502'), tcp('ife-4:502')],
    [serial('/dev/nothing'), serial('/dev/nothing-else')],
    [serial('/dev/null'), serial(device)],
  ]
  for (const [first, second] of other) t.same(mistakes(first, second), [], `${first} and ${second}`)
  t.end()
})
