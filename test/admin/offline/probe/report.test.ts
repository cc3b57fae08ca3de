import t from 'tap'
import { loadProfile, profileFolder, profileNames } from '../../../../src/config/index.ts'
import { toLineAddress } from '../../../../src/modbus/index.ts'
import { type Found, candidates, configuration } from '../../../../src/admin/offline/probe/index.ts'

const profiles = profileNames([profileFolder])
  .map((name) => loadProfile([profileFolder], name))
  .filter((profile) => 'name' in profile)

function found(address: number, registers: readonly number[], product: Found['product'] = 'not-said'): Found {
  const at = toLineAddress(address)
  if (at === undefined) throw new Error(`${address} is no address`)
  return { address: at, registers, product }
}

t.test('the registers that a unit has tell which profiles may fit; one that has none of them fits none', (t) => {
  t.ok(candidates(found(1, [563]), profiles).includes('nsx-bscm'))
  t.ok(candidates(found(1, [515]), profiles).includes('masterpact-nt-nw'))
  t.same(candidates(found(1, [8153]), profiles), ['mtz-micrologic-x'])
  t.same(candidates(found(1, []), profiles), [])
  t.end()
})

t.test('what was found is a block that a person can finish: what a unit is, what else it may be, what nobody knows', (t) => {
  const product = { vendor: 'Schneider Electric', code: 'LV434', revision: '4.1' }
  const text = configuration(
    { kind: 'found', serial: { baud: 9600, format: '8N2' }, units: [found(3, [8153], product), found(7, [])] },
    { port: '/dev/serial/by-id/usb-A' },
    profiles,
  )
  t.match(text, 'port = "/dev/serial/by-id/usb-A"\nbaud = 9600\nformat = "8N2"')
  t.match(text, '# unit 3: Schneider Electric LV434 4.1')
  t.match(text, 'profile = "mtz-micrologic-x"')
  t.match(text, /# unit 7: did not say what it is[^]*profile = "generic"   # reads only/)
  const ethernet = configuration({ kind: 'found', serial: 'none', units: [found(255, [])] }, { host: '10.0.0.9', tcpPort: 502 }, profiles)
  t.match(ethernet, /address = "10\.0\.0\.9:502"[^]*unit = 1   # what SCADA addresses[^]*address = 255/)
  t.end()
})
