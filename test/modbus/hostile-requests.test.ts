import t from 'tap'
import { type Profile, classify } from '../../src/breakers/index.ts'
import { loadProfile, profileFolder } from '../../src/config/index.ts'
import { type MbapOutput, type Request, decodeRequest, mbapStart, stepMbap } from '../../src/modbus/index.ts'
import { toMonotonic } from '../../src/platform/index.ts'
import { type LockState, decide, noGuardInputs, noRestrictions, toConnectionId, toRole } from '../../src/policy/index.ts'
import { type HostileCase, pieces, readCases } from '../support/hostile-case.ts'
import { everywhere, usualRights } from '../support/rights.ts'

/** The one unit that exists in the cases. */
const UNIT = 1
const profiles = new Map<string, Profile>()
function profileOf(name: string): Profile {
  const loaded = profiles.get(name) ?? loadProfile([profileFolder], name)
  if (!('name' in loaded)) throw new Error(JSON.stringify(loaded))
  profiles.set(name, loaded)
  return loaded
}

/** What becomes of one frame: codec, route, and, where the case names somebody, classification and decision. */
function verdictOf(output: MbapOutput, one: HostileCase): string {
  if (output.kind === 'broken') return 'close'
  const decoded = decodeRequest(output.frame.pdu)
  switch (decoded.kind) {
    case 'malformed':
      return `exception 0${decoded.exception}`
    case 'unsupported':
      return 'exception 01'
    case 'not-a-request':
      return 'close'
    case 'request':
      if (output.frame.unit !== UNIT) return 'exception 0A'
      return one.policy === undefined ? 'forward' : decided(decoded.request, one.policy, one.profile)
  }
}

function decided(request: Request, policy: string, profile: string): string {
  const [role = '', lock] = policy.split(', ')
  const open: LockState = { kind: 'unlocked', by: 'ana', reason: 'test', workOrder: '', until: toMonotonic(1000), untilUtcUs: 0 }
  const state: LockState = lock === 'unlocked' ? open : { kind: 'locked', by: { kind: 'default' }, sinceUtcUs: 0 }
  const named = role === 'NULL' ? 'NULL' : (toRole(role) ?? 'NULL')
  const verdict = decide({
    subject: { kind: 'client', name: 'x', role: named, source: 'here', levels: everywhere('control'), connection: toConnectionId(1) },
    operation: classify(request, profileOf(profile)),
    breaker: 'Q1',
    rights: usualRights,
    locks: { control: state, 'protection-setting': state, 'other-setting': state },
    restrictions: noRestrictions,
    guardInputs: noGuardInputs,
    recheck: false,
    trusted: true,
    now: toMonotonic(0),
  })
  return verdict.kind === 'allow' ? 'forward' : `exception 0${verdict.exception.toString(16).toUpperCase()}`
}

function judge(parts: readonly Uint8Array[], one: HostileCase): string[] {
  let state = mbapStart
  const seen: string[] = []
  for (const part of parts) {
    const [next, outputs] = stepMbap(state, part)
    state = next
    seen.push(...outputs.map((output) => verdictOf(output, one)))
    if (seen.includes('close')) return seen
  }
  return seen.length === 0 ? ['wait'] : seen
}

t.test('hostile requests get the verdict of their case file, whole, byte by byte and cut at every place [CR 3.5] [S-13]', (t) => {
  const all = readCases('mbap')
  t.ok(all.length >= 120, `${all.length} cases`)
  for (const one of all) {
    const wrong = pieces(one).filter(([, parts]) => judge(parts, one).join() !== one.expect.join())
    t.same(
      wrong.map(([how, parts]) => `${how}: ${judge(parts, one).join()}`),
      [],
      `${one.file}: ${one.expect.join()}: ${one.why}`,
    )
  }
  t.end()
})
