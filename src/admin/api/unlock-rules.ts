import type { Gateway } from '../../gateway/index.ts'
import { nextLocalTime } from '../../platform/index.ts'
import type { UnlockRules } from '../contract/index.ts'

type Rules = {
  readonly clock: Pick<Gateway['clock'], 'utcUs'>
  readonly site: () => Pick<ReturnType<Gateway['site']>, 'longestUnlockMs' | 'shiftEnds'>
}

/** The longest unlock, and the whole seconds from now to the end of the shift, rounded down so that none outlasts it. */
export function unlockRules({ clock, site }: Rules): UnlockRules {
  const { longestUnlockMs, shiftEnds } = site()
  const nowUs = clock.utcUs()
  const ends = shiftEnds.map((minute) => nextLocalTime(nowUs, minute))
  const left = Math.floor((Math.min(...ends) - nowUs) / 1e6)
  return { longestSeconds: longestUnlockMs / 1000, shiftEndSeconds: ends.length === 0 ? 'not-set' : Math.max(1, left) }
}
