/** Counts what is being worked on, over all connections. */
export interface Admission {
  /** One more, or false when there is no room: then `leave` must not be called for it. */
  enter(): boolean
  leave(): void
  inside(): number
}

export function createAdmission(most: number): Admission {
  let inside = 0
  return {
    enter() {
      if (inside >= most) return false
      inside += 1
      return true
    },
    leave: () => void (inside -= 1),
    inside: () => inside,
  }
}

/** A bucket of leave that fills up again with time: how many bad requests a connection has left to be answered at once. */
export type Allowance = { readonly left: number; readonly at: number }

/** Takes one out at `nowMs`; `waitMs` is how long the taker must wait for it to be there. */
export function spend(
  allowance: Allowance,
  nowMs: number,
  { atOnce, perSecond }: { readonly atOnce: number; readonly perSecond: number },
): readonly [Allowance, { readonly waitMs: number }] {
  const filled = Math.min(atOnce, allowance.left + ((nowMs - allowance.at) / 1000) * perSecond)
  const left = filled - 1
  return [{ left, at: nowMs }, { waitMs: left >= 0 ? 0 : (-left / perSecond) * 1000 }]
}
