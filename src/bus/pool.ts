import type { Line, Notice } from './line.ts'

/** Several connections to one device as one line. It is down when all of them are. */
export function pooled(count: number, notice: (notice: Notice) => void, open: (notice: (notice: Notice) => void) => Line): Line {
  const busy = new Map<Line, number>()
  const down = new Set<number>()
  const lines = Array.from({ length: count }, (_, i) =>
    open((told) => {
      switch (told.kind) {
        case 'down':
          down.add(i)
          if (down.size === count) notice(told)
          return
        case 'up': {
          const wasDown = down.size === count
          down.delete(i)
          if (wasDown) notice(told)
          return
        }
        case 'discarded':
        case 'foreign':
        case 'noisy':
        case 'warning':
          return notice(told)
      }
    }),
  )
  const [only] = lines
  if (only === undefined) throw new Error('a line of no connections')
  if (count === 1) return only
  const first = only

  /** The fullest that has room: what goes out together goes in one piece. One that is down is asked only when all are. */
  function choose(): Line {
    const room = lines.filter((line, i) => (busy.get(line) ?? 0) < line.lanes && (down.size === count || !down.has(i)))
    return room.reduce((best, line) => ((busy.get(line) ?? 0) > (busy.get(best) ?? 0) ? line : best), room[0] ?? first)
  }
  return {
    kind: first.kind,
    get lanes() {
      return lines.reduce((sum, line) => sum + line.lanes, 0)
    },
    quantumMs: first.quantumMs,
    costMs: (request) => first.costMs(request),
    exchange(target, request, stillHolds, end) {
      const line = choose()
      busy.set(line, (busy.get(line) ?? 0) + 1)
      line.exchange(target, request, stillHolds, (exchanged) => {
        busy.set(line, (busy.get(line) ?? 1) - 1)
        end(exchanged)
      })
    },
    async close() {
      await Promise.all(lines.map((line) => line.close()))
    },
  }
}
