import type { Problem } from '../config/index.ts'

/** How a long-running process ended: it was asked to, or it refused to start. */
export type Ended =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'refused'; readonly why: string; readonly hint: string; readonly problems: readonly Problem[] }

export const refused = (why: string, hint: string, problems: readonly Problem[] = []): Ended => ({ kind: 'refused', why, hint, problems })
