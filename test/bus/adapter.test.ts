import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { checkLatency, hintOfOpening, thisSystem } from '../../src/bus/adapter.ts'

/** A /sys and a /dev/serial/by-id with one FTDI adapter, as ftdi_sio shows it. */
function machine(t: { teardown(run: () => void): void }, latency: string | undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const device = join(folder, 'class/tty/ttyUSB0/device')
  mkdirSync(device, { recursive: true })
  const file = join(device, 'latency_timer')
  if (latency !== undefined) writeFileSync(file, `${latency}\n`)
  writeFileSync(join(folder, 'ttyUSB0'), '')
  const byId = join(folder, 'usb-FTDI_USB-RS485_A1-if00-port0')
  symlinkSync(join(folder, 'ttyUSB0'), byId)
  return {
    byId,
    file,
    system: { sysfs: folder, write: writeFileSync, letKernelDrive: () => true, openError: () => '', deviceOf: () => 'none' },
  }
}

t.test('the latency timer of an adapter that is named by its id is set to 1 ms', (t) => {
  const { byId, file, system } = machine(t, '16')
  t.equal(checkLatency(byId, system), 'fine')
  t.equal(readFileSync(file, 'utf8').trim(), '1')
  t.end()
})

t.test('where it may not be set, the answer says how much it costs and what to type', (t) => {
  const { byId, file, system } = machine(t, '16')
  const forbidden = (): void => {
    throw new Error('EACCES')
  }
  t.match(checkLatency(byId, { ...system, write: forbidden }), new RegExp(`16 ms.*echo 1 > ${file}`))
  t.equal(readFileSync(file, 'utf8').trim(), '16')
  t.end()
})

t.test('an adapter without such a timer, one that is fast already, and a port that is not there say nothing', (t) => {
  const none = machine(t, undefined)
  t.equal(checkLatency(none.byId, none.system), 'fine')
  const fast = machine(t, '1')
  t.equal(checkLatency(fast.byId, fast.system), 'fine')
  t.equal(checkLatency('/dev/not-there', fast.system), 'fine')
  t.end()
})

t.test("a port that may not be opened: the unit's DeviceAllow for EPERM, the group for EACCES, nothing for what explains itself", (t) => {
  const { byId, system } = machine(t, undefined)
  const hint = (path: string, code: string): string => hintOfOpening(path, { ...system, openError: () => code })
  t.match(hint('/dev/ttyAMA0', 'EPERM'), /DeviceAllow=char-ttyAMA rw;.*restart/)
  t.match(hint('/dev/ttymxc3', 'EPERM'), /DeviceAllow=char-ttymxc rw/)
  t.match(hint(byId, 'EPERM'), /DeviceAllow=char-ttyUSB rw/, 'a link is followed to its driver')
  t.match(hint('/dev/serial0', 'EPERM'), /DeviceAllow=\/dev\/serial0 rw/, 'a name without a driver is allowed by itself')
  t.match(hint('/dev/ttyUSB0', 'EACCES'), /group.*SupplementaryGroups=.*dialout/)
  t.notMatch(hint('/dev/ttyUSB0', 'EACCES'), /DeviceAllow/)
  for (const code of ['ENOENT', 'EBUSY', '']) t.equal(hint('/dev/ttyUSB0', code), '')
  t.end()
})

t.test('this machine says by which error a file does not open', (t) => {
  const { file } = machine(t, '16')
  t.equal(thisSystem.openError(file), '')
  t.equal(thisSystem.openError(`${file}.gone`), 'ENOENT')
  t.end()
})
