import t from 'tap'
import { type OperationClass, type Profile, classify, insertPassword } from '../../src/breakers/index.ts'
import { type Request, encodeRequest } from '../../src/modbus/index.ts'
import { toMonotonic } from '../../src/platform/index.ts'
import { clear, decide, modes, noGuardInputs, noRestrictions, toConnectionId, toRole } from '../../src/policy/index.ts'
import { at, many, profileOf, single } from '../support/requests.ts'
import { everywhere, rightsOf } from '../support/rights.ts'

const [FIRST, LAST, LONGEST] = [8000, 8019, 123]
const PASSWORD = 0x5a71
const all: readonly OperationClass[] = ['monitor', 'control', 'protection-setting', 'other-setting', 'clock', 'password', 'diagnostic']
const unlocked = { kind: 'unlocked', by: 'ana', reason: 'r', workOrder: '', until: toMonotonic(9), untilUtcUs: 0 } as const
const rights = rightsOf({ Boss: all, Viewer: ['monitor'] })

/** What would go out to the breaker; `refused` where nothing does. */
function sent(request: Request, profile: Profile, role: string, mode: (typeof modes)[number]): Uint8Array | 'refused' {
  const operation = classify(request, profile)
  const verdict = decide({
    subject: {
      kind: 'client',
      name: 'c',
      source: '',
      connection: toConnectionId(0),
      role: toRole(role) ?? 'NULL',
      levels: everywhere('control'),
    },
    operation,
    breaker: 'Q1',
    rights,
    locks: { control: unlocked, 'protection-setting': unlocked, 'other-setting': unlocked },
    restrictions: { ...noRestrictions, mode },
    guardInputs: noGuardInputs,
    recheck: false,
    trusted: true,
    now: toMonotonic(0),
  })
  if (verdict.kind === 'deny') return 'refused'
  const sealed = insertPassword(operation, () => 'op42')
  if (sealed === 'no-password') return 'refused'
  return encodeRequest(clear(sealed, verdict, verdict.record === 'none' ? 'none' : (1 as Parameters<typeof clear>[2])).operation.request)
}

/** Each request that writes one of 8000 to 8019: every function, start and length. The registers hold what a client has no reason to send. */
function* touching(): Generator<Request> {
  for (let first = FIRST - LONGEST + 1; first <= LAST; first++)
    for (let count = Math.max(1, FIRST - first + 1); count <= LONGEST; count++) {
      const values = Array<number>(count).fill(PASSWORD)
      yield many(first, values)
      if (count <= 121)
        yield { kind: 'read-write-multiple-registers', readAddress: at(1), readQuantity: 1, writeAddress: at(first), values }
    }
  for (let register = FIRST; register <= LAST; register++) {
    yield single(register, PASSWORD)
    yield { kind: 'mask-write-register', address: at(register), andMask: 0, orMask: PASSWORD }
  }
}

t.test('no mode lets a write into the command interface pass that is not one whole command, its password from the vault [S-14]', (t) => {
  let looked = 0
  for (const profile of ['nsx-bscm', 'mtz-micrologic-x', 'mtz-micrologic-active', 'generic'].map(profileOf))
    for (const mode of modes) {
      const passed: Request[] = []
      for (const request of touching()) {
        looked += 1
        if (sent(request, profile, 'Boss', mode) !== 'refused') passed.push(request)
      }
      const whole = passed.every(
        (request) => request.kind === 'write-multiple-registers' && request.address === at(FIRST) && request.values.length === 20,
      )
      t.ok(whole && passed.length === (mode === 'observe' ? 1 : 0), `${profile.name}, ${mode}: ${passed.length} of them passed`)
    }
  t.ok(looked > 100_000, `${looked} requests were looked at`)
  t.end()
})

t.test('what an observed breaker gets as a command holds no password of a client, known or not', (t) => {
  const head = [904, 10, 4353, 1, PASSWORD, PASSWORD]
  for (const name of ['nsx-bscm', 'mtz-micrologic-x', 'mtz-micrologic-active', 'generic'])
    for (const role of ['Boss', 'Viewer']) {
      const frame = sent(many(8000, [...head, ...Array<number>(14).fill(0)]), profileOf(name), role, 'observe')
      t.not(frame, 'refused', `${name} as ${role}`)
      t.notOk(Buffer.from(frame === 'refused' ? [] : frame).includes(Buffer.from([0x5a, 0x71])), `${name} as ${role}`)
    }
  t.end()
})
