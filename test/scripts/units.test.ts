import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const folder = join(import.meta.dirname, '../../systemd')
/** The settings of a unit, each with all its values. */
function settings(unit: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const [, name = '', value = ''] of readFileSync(join(folder, unit), 'utf8').matchAll(/^([A-Z]\w+)=(.*)$/gm))
    found.set(name, [...(found.get(name) ?? []), value])
  return found
}
/** Bytes of `512M`. */
const bytes = (text = ''): number => Number(/^(\d+)M$/.exec(text)?.[1] ?? Number.NaN) * 1024 * 1024

for (const unit of ['breakwall.service', 'breakwall-console.service'])
  t.test(`${unit} bounds its memory and opens no debugger [CR 7.2] [NDR 2.13]`, (t) => {
    const has = settings(unit)
    const [high, most] = [bytes(has.get('MemoryHigh')?.[0]), bytes(has.get('MemoryMax')?.[0])]
    t.ok(high > 0 && most > high, 'the kernel slows it before it ends it')
    t.match(has.get('ExecStart'), [/\/node --disable-sigusr1 /])
    t.notMatch(has.get('ExecStart')?.[0], /--inspect/)
    t.end()
  })

t.test('the gateway may open the serial ports of boards and adapters in use, and no other devices', (t) => {
  const has = settings('breakwall.service')
  t.same(has.get('DevicePolicy'), ['closed'])
  t.same(
    has.get('DeviceAllow')?.toSorted(),
    ['ttyACM', 'ttyAMA', 'ttyMXUSB', 'ttyS', 'ttySC', 'ttyUSB', 'ttyXRUSB', 'ttymxc'].map((driver) => `char-${driver} rw`),
  )
  t.end()
})
