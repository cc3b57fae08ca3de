import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type From, type LastRecorded, type People, openPeople } from '../../src/identity/index.ts'
import { realRandom } from '../../src/platform/index.ts'
import type { PeopleSettings } from '../../src/identity/index.ts'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { rightsOf } from './rights.ts'

export const usualPeople: PeopleSettings = {
  inactivityMs: 5 * 60_000,
  maximumAttempts: 5,
  lockingMs: 15 * 60_000,
  passwordLength: 12,
  passwordHistory: 10,
  passwordMaximumAgeMs: 'off',
  pinMaximumAgeMs: 'off',
  sessionLifeMs: 8 * 3_600_000,
  sessionsPerUser: 3,
  sessions: 50,
  secondFactor: new Set(),
  withoutLogin: new Set(['look', 'events', 'lock']),
  panelUser: 'none',
  banner: '',
}

/** People on a clock that moves when it is told to, in a folder that goes away; `restart` is another run of the same gateway. */
export function somePeople(t: { teardown(run: () => void): void }, settings: Partial<PeopleSettings> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-people-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const clock = virtualClock()
  const events: { id: string; fields: Readonly<Record<string, unknown>> }[] = []
  /** `recording`: a test may let a record wait. */
  const world = { writes: true, recording: (): Promise<void> => Promise.resolve() }
  let kept: string | undefined
  let counted: (() => void) | undefined
  let last: LastRecorded = { kind: 'unknown' }
  const open = (): People =>
    openPeople({
      clock,
      random: realRandom,
      files: { file: join(folder, 'people'), keyFile: join(folder, 'people.key'), credential: undefined },
      settings: () => ({ ...usualPeople, ...settings }),
      rights: () => rightsOf({ SecurityAdmin: [], Operator: ['monitor', 'control'], FieldTech: ['monitor'], Viewer: ['monitor'] }),
      async record(id, fields, change) {
        await world.recording()
        if (world.writes) events.push({ id, fields: fields })
        if (world.writes) last = { kind: 'known', change }
        return world.writes
      },
      last,
      note: (id, fields) => void events.push({ id, fields: fields }),
      attempts: {
        text: kept,
        write(text) {
          counted?.()
          if (world.writes) kept = text
          return Promise.resolve(world.writes ? 'written' : 'unavailable')
        },
      },
      party: () => 'none',
    })
  let people = open()
  t.teardown(() => people.close())
  return {
    folder,
    clock,
    events,
    world,
    people: () => people,
    restart() {
      people.close()
      people = open()
    },
    /** Resolves when a log-in whose secret was checked is counted: next it is written down. */
    countedLogIn: () => new Promise<void>((resolve) => (counted = resolve)),
    idsSince: (from: number) => events.slice(from).map(({ id }) => id),
  }
}

export const fromDesk = (source = '10.0.0.9'): From => ({ source, via: 'console', systemUser: '' })
export const by = { name: 'test', source: 'here' }

/** A code of RFC 6238, made by nothing of ours: HMAC-SHA-1 over the step, dynamic truncation. */
export function totpCode(base32: string, nowMs: number): string {
  const bits = Array.from(base32)
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(nowMs / 30_000)))
  const mac = createHmac('sha1', key).update(step).digest()
  const offset = (mac[19] ?? 0) & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

export const PASSWORD = 'correct horse battery'
type Some = ReturnType<typeof somePeople>

/** People whose set-up is done, by the administrator `root-admin`. */
export async function withAdmin(t: { teardown(run: () => void): void }, settings: Parameters<typeof somePeople>[1] = {}): Promise<Some> {
  const some = somePeople(t, settings)
  const code = some.people().accounts.newSetUpCode()
  const made = await some.people().accounts.setUp(code, 'root-admin', PASSWORD, 'local root')
  if (made.kind === 'refused') throw new Error(made.why)
  return some
}
/** A user who has changed the first password to `PASSWORD`. */
export async function withUser(some: Some, name: string, role: string): Promise<void> {
  const { accounts, login } = some.people()
  const created = await accounts.create(name, role, by)
  if (created.kind === 'refused') throw new Error(created.why)
  const first = await login.byPassword(name, created.password, fromDesk())
  if (first.kind !== 'logged-in') throw new Error(first.kind)
  const changed = await some.people().changePassword(first.session, created.password, PASSWORD)
  if (changed.kind === 'refused') throw new Error(changed.why)
  some.people().logout(first.session)
}
