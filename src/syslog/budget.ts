import type { Clock } from '../platform/index.ts'

/** So many events of a backlog each second, in portions of a tenth. */
export function createBudget(perSecond: number, clock: Clock) {
  const portion = Math.max(1, Math.floor(perSecond / 10))
  let [left, since] = [portion, clock.now() as number]
  return {
    left(): number {
      if (clock.now() - since >= 100) [left, since] = [portion, clock.now()]
      return left
    },
    take: (count: number) => void (left -= count),
    pauseMs: () => Math.max(1, 100 - (clock.now() - since)),
  }
}
