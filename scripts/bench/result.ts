/** One figure of the benchmark beside what it must reach. */
export type Result = {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly must: { readonly atLeast?: number; readonly atMost?: number; readonly goal?: number }
  readonly figures: Readonly<Record<string, number | string>>
}

export const reached = ({ value, must }: Result): boolean =>
  (must.atLeast === undefined || value >= must.atLeast) && (must.atMost === undefined || value <= must.atMost)
