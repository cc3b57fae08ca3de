import { suggestion } from './problem.ts'
import type { SiteFile } from './schema.ts'
import type { Path } from './toml.ts'

type Report = (path: Path, text: string) => void
const list = <T>(value: readonly T[] | undefined): readonly T[] => (Array.isArray(value) ? (value as readonly T[]) : [])

/** A key switch bars the breakers that it names: a name that is nobody's would bar nothing, and look as if it did. */
export function checkKeySwitches(site: Partial<SiteFile>, report: Report): void {
  const known = list(site.breaker).flatMap(({ name, group }) => (group === undefined ? [name] : [name, group]))
  const seen = new Set<string>()
  list(site['key-switch']).forEach((one, i) => {
    list(one.breakers).forEach((name, at) => {
      if (!known.includes(name))
        report(['key-switch', i, 'breakers', at], `there is no breaker or group "${name}": ${suggestion(name, known)}`)
    })
    // Two switches of one name would be one in events and on the pages.
    if (seen.has(one.name)) report(['key-switch', i, 'name'], `key switch "${one.name}" is there twice: give one of them another name`)
    seen.add(one.name)
  })
}
