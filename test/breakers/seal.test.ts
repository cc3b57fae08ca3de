import t from 'tap'
import { type PasswordLevel, redactFor, classify, insertPassword } from '../../src/breakers/index.ts'
import type { Reply } from '../../src/modbus/index.ts'
import { commandOf, pdu, profileOf, read } from '../support/requests.ts'

const nsx = profileOf('nsx-bscm')
const vault = (entries: Readonly<Partial<Record<PasswordLevel, string>>>) => (level: PasswordLevel) => entries[level]
const passwordIn = (sealed: ReturnType<typeof insertPassword>): string => {
  if (sealed === 'no-password' || sealed.request.kind !== 'write-multiple-registers') return 'none'
  const [, , , , first = 0, second = 0] = sealed.request.values
  return String.fromCharCode(first >> 8, first & 0xff, second >> 8, second & 0xff)
}

t.test('the vault gives the password of the least level that a command takes [S-14] [S-20]', (t) => {
  const open = classify(commandOf(904, 10, 4353, 1), nsx)
  const setIr = classify(commandOf(45192, 18, 5121, 1, [400]), nsx)
  const both = vault({ operator: 'op42', administrator: 'Adm1', services: 'Srv1' })
  t.equal(passwordIn(insertPassword(open, both)), 'op42')
  t.equal(passwordIn(insertPassword(setIr, both)), 'Adm1')
  t.equal(passwordIn(insertPassword(open, vault({ administrator: 'Adm1' }))), 'Adm1', 'open takes the administrator too')
  t.equal(insertPassword(setIr, vault({ operator: 'op42' })), 'no-password')
  t.equal(insertPassword(open, vault({})), 'no-password')
  t.end()
})

t.test('what needs no password gets none, whatever the client sent and the vault has', (t) => {
  const all = vault({ operator: 'op42', administrator: 'Adm1' })
  const active = classify(commandOf(904, 10, 4609, 1), profileOf('mtz-micrologic-active'))
  t.equal(passwordIn(insertPassword(active, all)), '\0\0\0\0')
  t.equal(passwordIn(insertPassword(classify(commandOf(769, 18, 768, 0), nsx), all)), '\0\0\0\0')
  const reading = classify(read(12000), nsx)
  t.equal(insertPassword(reading, all), reading)
  t.end()
})

t.test('the reserved registers of a command go out as the documents have them', (t) => {
  const sealed = insertPassword(classify(commandOf(904, 10, 4353, 1), nsx), vault({ operator: 'op42' }))
  t.match(sealed === 'no-password' ? {} : sealed.request, { values: { 16: 0, 17: 8019, 18: 8020, 19: 8021 } })
  t.end()
})

t.test('a reply shows a reader its own command only, and nobody a password', (t) => {
  const full = (quantity: number): Reply => ({ kind: 'registers', registers: new Uint8Array(2 * quantity).fill(0xaa) })
  const zeros = (reply: Reply): number[] => {
    if (reply.kind !== 'registers') throw new Error('no registers')
    return Array.from({ length: reply.registers.length / 2 }, (_, i) => i).filter((i) => reply.registers[2 * i] === 0)
  }
  const range = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i)
  const whole = read(7998, 30)
  t.same(zeros(redactFor('owner', whole, full(30), nsx)), [6, 7], '8004 and 8005')
  t.same(zeros(redactFor('other', whole, full(30), nsx)), range(2, 29), '8000 on')
  t.same(zeros(redactFor('other', read(8140, 20), full(20), nsx)), range(0, 9), 'to 8149')
  t.same(zeros(redactFor('owner', read(8020, 3), full(3), nsx)), [])
  t.same(zeros(redactFor('other', pdu('6408 0401 2edf 1f43 1f54'), full(3), nsx)), [1, 2], 'scattered registers')
  t.same(zeros(redactFor('owner', pdu('17 1f43 0003 0bb8 0001 02 0001'), full(3), nsx)), [0, 1], 'the read part of FC 23')
  const untouched = full(30)
  t.equal(redactFor('other', read(12000, 30), untouched, nsx), untouched)
  t.equal(redactFor('other', whole, untouched, profileOf('generic')), untouched, 'a device without a command interface')
  t.end()
})
