import t from 'tap'
import { carriesFreeBytes, classify, judgeOnLine } from '../../src/breakers/index.ts'
import { crc16, toLineAddress } from '../../src/modbus/index.ts'
import { toMonotonic } from '../../src/platform/index.ts'
import { type Question, clear, decide, modes, noGuardInputs, noRestrictions, toConnectionId, toRole } from '../../src/policy/index.ts'
import { pdu, profileOf } from '../support/requests.ts'
import { everywhere, rightsOf } from '../support/rights.ts'

const write = '0106 1f3f 0001'.replaceAll(' ', '')
const crc = crc16(Buffer.from(write, 'hex'))
const frame = `${write}${(((crc & 0xff) << 8) | (crc >> 8)).toString(16).padStart(4, '0')}`

t.test('what reads by its function and holds a frame of the client is refused in each mode; its like without one passes [S-13]', (t) => {
  const address = toLineAddress(3)
  if (address === undefined) throw new Error('3 is an address')
  const rows: readonly (readonly [what: string, hex: string, expected: 'allow' | 'deny'])[] = [
    ['a list with a frame in it', `64 0c 04 07 2ee0 ${frame}`, 'deny'],
    ['the same list in another order', `64 0c 04 07 ${frame} 2ee0`.replace(frame, `${frame.slice(4)}${frame.slice(0, 4)}`), 'allow'],
    ['an echo of more than a word', `08 0000 ${frame}`, 'deny'],
    ['an echo of a word', '08 0000 a537', 'allow'],
  ]
  for (const [what, hex, expected] of rows)
    for (const mode of modes) {
      const operation = judgeOnLine(classify(pdu(hex), profileOf('mtz-micrologic-x')), address)
      const question: Question = {
        subject: {
          kind: 'client',
          name: 'c',
          source: '',
          connection: toConnectionId(0),
          role: toRole('Viewer') ?? 'NULL',
          levels: everywhere('control'),
        },
        operation,
        breaker: 'Q1',
        rights: rightsOf({ Viewer: ['monitor'] }),
        locks: 'none' as const,
        restrictions: { ...noRestrictions, mode },
        guardInputs: noGuardInputs,
        recheck: false,
        trusted: true,
        now: toMonotonic(0),
      }
      const verdict = decide(question)
      t.equal(verdict.kind, expected, `${what}, ${mode}`)
      t.equal(carriesFreeBytes(operation), expected === 'deny')
      if (expected === 'deny')
        t.throws(
          () =>
            clear(operation, { kind: 'allow', record: 'write-ahead', grant: 'none', wouldDeny: 'none' }, 1 as Parameters<typeof clear>[2]),
          /to carry a frame/,
        )
    }
  t.end()
})
