import t from 'tap'
import { classify } from '../../src/breakers/index.ts'
import { loadProfile, profileFolder, profileNames } from '../../src/config/index.ts'
import { type Request, toAddress } from '../../src/modbus/index.ts'
import { commandRegisters } from '../support/world.ts'

const at = (register: number) => {
  const address = toAddress(register - 1)
  if (address === undefined) throw new Error(`register ${register} does not exist`)
  return address
}
const many = (register: number, values: readonly number[]): Request => ({ kind: 'write-multiple-registers', address: at(register), values })
const single = (register: number, value = 1): Request => ({ kind: 'write-single-register', address: at(register), value })
const read = (register: number): Request => ({ kind: 'read-holding-registers', address: at(register), quantity: 1 })
const profile = (name: string) => {
  const loaded = loadProfile(profileFolder, name)
  if (!('name' in loaded)) throw new Error(JSON.stringify(loaded))
  return loaded
}
const longer = (register: number, length: number): number[] => Array<number>(length).fill(register)
const command = (code: number, destination: number, change: Readonly<Record<number, number>> = {}): Request =>
  many(
    8000,
    commandRegisters(code, destination).map((value, i) => change[i] ?? value),
  )

t.test('each family knows its own commands and nothing else [S-13]', (t) => {
  const table: readonly (readonly [string, Request, string])[] = [
    ['nsx-bscm', read(12000), 'monitor'],
    ['nsx-bscm', { kind: 'read-device-identification', code: 1, objectId: 0 }, 'monitor'],
    ['nsx-bscm', command(904, 4353), 'control'],
    ['nsx-bscm', command(905, 4353), 'control'],
    ['nsx-bscm', command(906, 4353), 'control'],
    ['nsx-bscm', command(905, 5377), 'unknown'],
    ['nsx-bscm', command(42636, 4353), 'unknown'],
    ['masterpact-nt-nw', command(904, 4609), 'control'],
    ['masterpact-nt-nw', command(906, 4609), 'unknown'],
    ['masterpact-nt-nw', single(800), 'other-setting'],
    ['masterpact-nt-nw', single(807), 'protection-setting'],
    ['masterpact-nt-nw', many(806, [1, 2]), 'unknown'],
    ['compact-ns', command(905, 4609), 'control'],
    ['compact-ns', single(664), 'other-setting'],
    ['mtz-micrologic-x', command(905, 5377), 'control'],
    ['mtz-micrologic-x', command(906, 5377), 'unknown'],
    ['mtz-micrologic-x', command(51593, 5377, { 1: 26 }), 'protection-setting'],
    ['mtz-micrologic-x', command(51593, 5377), 'unknown'],
    ['mtz-micrologic-x', command(49025, 5377, { 1: 14, 3: 0 }), 'monitor'],
    ['mtz-micrologic-x', command(49025, 5377, { 1: 14, 3: 1 }), 'unknown'],
    ['mtz-micrologic-x', command(769, 768, { 1: 18, 3: 0 }), 'clock'],
    ['mtz-micrologic-x', single(12000), 'unknown'],
  ]
  for (const [name, request, expected] of table)
    t.equal(classify(request, profile(name)).class, expected, `${name}: ${JSON.stringify(request)}`)
  t.end()
})

t.test('anything at the command area but the exact documented write is unknown [S-14]', (t) => {
  const nsx = profile('nsx-bscm')
  const close = commandRegisters(905, 4353)
  const shapes: readonly Request[] = [
    many(7999, [0, ...close]),
    many(8000, close.slice(0, 19)),
    many(8000, [...close, 0]),
    many(8001, close.slice(1)),
    many(8004, [0x3030, 0x3030]),
    many(7990, longer(1, 11)),
    many(8019, [1]),
    single(8000, 905),
    single(8019),
    command(905, 4353, { 1: 9 }),
    command(905, 4353, { 1: 31 }),
    command(905, 4353, { 3: 0 }),
  ]
  for (const request of shapes) t.equal(classify(request, nsx).class, 'unknown', JSON.stringify(request))
  t.end()
})

t.test('every shipped profile is whole, names a source for each number, and has words', (t) => {
  const names = profileNames(profileFolder)
  t.same(names, ['compact-ns', 'masterpact-nt-nw', 'mtz-micrologic-x', 'nsx-bscm'])
  for (const name of names)
    for (const known of [...profile(name).commands, ...profile(name).writable]) t.ok(known.source !== '' && known.words !== '', name)
  t.equal(classify(command(905, 4353), profile('nsx-bscm')).words, 'close circuit breaker')
  t.end()
})
