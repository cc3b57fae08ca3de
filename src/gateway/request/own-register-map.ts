import type { Monotonic } from '../../platform/index.ts'
import { type LockState, type Locks, isUnlocked, lockScopes, refusalReasons } from '../../policy/index.ts'
import type { Refusal } from './last-refusals.ts'
import type { Seen } from '../monitor/seen.ts'

/** What the gateway's own unit shows. All of it is known without asking anybody: reading it never touches a bus. */
export type OwnView = {
  readonly version: string
  /** At least one breaker is only observed. */
  readonly observes: boolean
  readonly uptimeMs: number
  readonly journalWrites: boolean
  readonly buses: readonly { readonly up: boolean }[]
  readonly breakers: readonly { readonly unit: number; readonly seen: Seen; readonly locks: Locks }[]
  /** Of the client that reads. */
  readonly refusal: Refusal | 'none'
  readonly now: Monotonic
}

/** The gateway as a Modbus device of its own: a PLC or a panel reads from it who locked what, and why it was refused. */
export type OwnUnit = {
  readonly unit: number | 'none'
  /** What `client` may see now. */
  view(client: string): OwnView
}

/** The map's version: raised when a register changes its meaning, never when one is added. */
export const MAP_VERSION = 1

/** Where the blocks of the map begin (docs/own-unit.md), as register numbers. */
export const ownMap = {
  gateway: 1,
  gatewayLength: 10,
  buses: 101,
  mostBuses: 64,
  refusal: 201,
  refusalLength: 84,
  breakers: 1000,
  breakerLength: 20,
} as const

const words = (value: number): [number, number] => [Math.floor(value / 0x10000) & 0xffff, value & 0xffff]
const seconds = (ms: number): number => Math.min(0xfffe, Math.max(0, Math.ceil(ms / 1000)))
const UNKNOWN = 0xffff

/** Two characters a register, the first in the high byte, filled with 0; what is not printable ASCII is shown as ?. */
function text(said: string, registers: number): number[] {
  const at = (i: number): number => {
    const code = said.charCodeAt(i)
    return Number.isNaN(code) ? 0 : code >= 0x20 && code <= 0x7e ? code : 0x3f
  }
  return Array.from({ length: registers }, (_, i) => (at(2 * i) << 8) | at(2 * i + 1))
}

/** The whole map as register numbers and values. What is not in it does not exist: exception 02. */
export function ownRegisters(view: OwnView): ReadonlyMap<number, number> {
  const map = new Map<number, number>()
  const put = (first: number, values: readonly number[]): void => values.forEach((value, i) => map.set(first + i, value))
  put(ownMap.gateway, gatewayBlock(view))
  put(
    ownMap.buses,
    Array.from({ length: ownMap.mostBuses }, (_, i) => busState(view.buses[i])),
  )
  put(ownMap.refusal, refusalBlock(view))
  for (const breaker of view.breakers) put(ownMap.breakers + ownMap.breakerLength * breaker.unit, breakerBlock(breaker, view.now))
  return map
}

const busState = (bus: { readonly up: boolean } | undefined): number => (bus === undefined ? 0 : bus.up ? 1 : 2)

function gatewayBlock({ version, observes, uptimeMs, journalWrites, buses, breakers }: OwnView): number[] {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0)
  const uptime = words(Math.floor(uptimeMs / 1000))
  const mode = observes ? 2 : 1
  return [MAP_VERSION, major, minor, patch, ...uptime, mode, journalWrites ? 1 : 2, buses.length, breakers.length]
}

function refusalBlock({ refusal, now }: OwnView): number[] {
  if (refusal === 'none') return Array<number>(ownMap.refusalLength).fill(0)
  const { number, text: reason } = refusalReasons[refusal.reason]
  return [number, refusal.unit, refusal.functionCode, seconds(now - refusal.at), ...text(refusal.words, 32), ...text(reason, 48)]
}

const reachable = { 'not-tried': 0, yes: 1, no: 2 } as const
const state = { unknown: 0, open: 1, closed: 2, tripped: 3 } as const
const lockedBy = { default: 1, person: 2, timer: 3, restart: 4, trust: 5 } as const

function breakerBlock({ seen, locks }: OwnView['breakers'][number], now: Monotonic): number[] {
  const age = seen.at === 'never' ? UNKNOWN : seconds(now - seen.at)
  const scopes = lockScopes.flatMap((scope) => lockPair(locks[scope], now))
  const { control } = locks
  const why = isUnlocked(control, now) || control.kind === 'unlocked' ? 0 : lockedBy[control.by.kind]
  return [1, reachable[seen.reachable], state[seen.state], age, ...scopes, why, ...text(whoOf(control), 8), 0]
}

/** 1 locked or 2 unlocked, and the seconds that are left. */
function lockPair(lock: LockState, now: Monotonic): [number, number] {
  return lock.kind === 'unlocked' && isUnlocked(lock, now) ? [2, seconds(lock.until - now)] : [1, 0]
}

function whoOf(lock: LockState): string {
  if (lock.kind === 'unlocked') return lock.by
  return lock.by.kind === 'person' ? lock.by.name : lock.by.kind
}
