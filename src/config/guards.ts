import { type Act, type OperationClass, type Profile, hasOperation, hasSetting, namedSettings } from '../breakers/index.ts'
import type { Guard, GuardRule } from '../policy/index.ts'
import { toMilliseconds } from './duration.ts'
import type { GuardFile } from './guard-schema.ts'
import { toHours } from './hours.ts'
import { must } from './must.ts'
import { suggestion } from './problem.ts'
import type { SiteFile } from './schema.ts'
import type { Path } from './toml.ts'

type Report = (path: Path, text: string) => void
const list = <T>(value: readonly T[] | undefined): readonly T[] => (Array.isArray(value) ? (value as readonly T[]) : [])

/** The keys that make each kind of rule: the first names the kind, all are needed but those in `may`. */
const kinds: readonly { readonly needs: readonly (keyof GuardFile)[]; readonly may: readonly (keyof GuardFile)[] }[] = [
  { needs: ['setting', 'minimum', 'maximum'], may: ['step', 'register'] },
  { needs: ['most', 'within'], may: [] },
  { needs: ['only-during'], may: [] },
  { needs: ['select-within'], may: [] },
  { needs: ['grant'], may: [] },
]

/** A guard says one thing, and says it whole: half a limit would be none. */
export function checkGuards(site: Partial<SiteFile>, report: Report): void {
  const known = list(site.breaker).flatMap(({ name, group }) => (group === undefined ? [name] : [name, group]))
  const names = new Set<string>()
  list(site.guard).forEach((guard, i) => {
    if (names.has(guard.name)) report(['guard', i, 'name'], `guard "${guard.name}" is there twice: give one of them another name`)
    names.add(guard.name)
    const given = kinds.filter(({ needs, may }) => [...needs, ...may].some((key) => guard[key] !== undefined))
    const [kind] = given
    if (kind === undefined || given.length > 1)
      report(
        ['guard', i],
        `guard "${guard.name}" has ${given.length === 0 ? 'no rule' : 'several rules'}: expected one of ${kinds.map(({ needs }) => needs.join(' + ')).join(', or ')}`,
      )
    else
      for (const key of kind.needs)
        if (guard[key] === undefined) report(['guard', i], `guard "${guard.name}" lacks "${key}": expected ${kind.needs.join(', ')}`)
    if (guard.minimum !== undefined && guard.maximum !== undefined && guard.minimum > guard.maximum)
      report(['guard', i, 'maximum'], `guard "${guard.name}" allows nothing: its maximum is below its minimum`)
    if (guard.step !== undefined && guard.register === undefined)
      report(['guard', i, 'step'], `guard "${guard.name}" limits the step and does not say where the present value is read: add register`)
    list(guard.breakers).forEach((name, at) => {
      if (!known.includes(name)) report(['guard', i, 'breakers', at], `there is no breaker or group "${name}": ${suggestion(name, known)}`)
    })
  })
}

/**
 * A value guard has to see its setting on each breaker that it guards: one that no command has would agree to everything. A breaker
 * without any operation of its classes is left alone. `profiles`: those that could be loaded, by their names.
 */
export function checkGuardedSettings(site: Partial<SiteFile>, profiles: ReadonlyMap<string, Profile>, report: Report, warn: Report): void {
  list(site.guard).forEach((guard, i) => {
    const { name, setting, classes, acts, breakers: only } = guard
    const which = (one: OperationClass, act: Act): boolean =>
      list(classes).some((known) => known === one) && (acts === undefined || list(acts).includes(act))
    const guarded = list(site.breaker).filter(
      (breaker) => only === undefined || list(only).includes(breaker.name) || list(only).includes(breaker.group ?? ''),
    )
    const loaded = guarded.flatMap((breaker) => {
      const profile = profiles.get(breaker.profile)
      return profile === undefined ? [] : [{ breaker: breaker.name, profile }]
    })
    const operated = loaded.filter(({ profile }) => hasOperation(profile, which))
    if (loaded.length > 0 && loaded.length === guarded.length && operated.length === 0)
      (setting === undefined ? warn : report)(
        ['guard', i, acts === undefined ? 'classes' : 'acts'],
        `guard "${name}" guards nothing: no profile of its breakers has such an operation`,
      )
    if (setting === undefined) return
    const blind = operated.filter(({ profile }) => !hasSetting(profile, setting, which))
    const [first] = blind
    if (first === undefined) return
    const known = [...new Set(operated.flatMap(({ profile }) => namedSettings(profile, which)))]
    const others = known.filter((one) => one !== setting)
    const expected = known.includes(setting)
      ? `give the guard the breakers that have it, or describe it in a profile of your own`
      : others.length === 0
        ? 'no command there has a setting with a name, expected a register such as "register 3001"'
        : suggestion(setting, others)
    report(
      ['guard', i, 'setting'],
      `no such operation of profile "${first.profile.name}" (${blind.map(({ breaker }) => breaker).join(', ')}) writes a setting "${setting}", ` +
        `so guard "${name}" could not limit it: ${expected}`,
    )
  })
}

/** Guards of a file that passed `checkGuards`; groups become their breakers. */
export function toGuards(guards: readonly GuardFile[], breakers: SiteFile['breaker']): readonly Guard[] {
  return guards.map((guard) => ({
    name: guard.name,
    classes: new Set(guard.classes),
    acts: guard.acts === undefined ? 'all' : new Set(guard.acts),
    breakers: guard.breakers === undefined ? 'all' : namesOf(guard.breakers, breakers),
    rule: ruleOf(guard),
  }))
}

export function namesOf(told: readonly string[], breakers: SiteFile['breaker']): ReadonlySet<string> {
  const its = breakers.filter(({ name, group }) => told.includes(name) || (group !== undefined && told.includes(group)))
  return new Set(its.map(({ name }) => name))
}

function ruleOf(guard: GuardFile): GuardRule {
  const { setting, minimum, maximum, step = 'any', register = 'none', most, within } = guard
  if (setting !== undefined) return { kind: 'value', setting, minimum: must(minimum), maximum: must(maximum), step, register }
  if (most !== undefined) return { kind: 'rate', most, withinMs: must(toMilliseconds(must(within))) }
  const during = guard['only-during']
  if (during !== undefined) return { kind: 'hours', hours: during.map((text) => must(toHours(text))) }
  const select = guard['select-within']
  return select === undefined ? { kind: 'grant' } : { kind: 'select', withinMs: must(toMilliseconds(select)) }
}
