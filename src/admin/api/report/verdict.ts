/** How the site stands to one requirement. `people`: no program can see it. */
export type Judged = { readonly state: 'met' | 'open' | 'people'; readonly words: string }

/** Open for what `open` says; `false`: for nothing. */
export const judged = (open: string | false, met: string): Judged =>
  open === false ? { state: 'met', words: met } : { state: 'open', words: open }

/** What stands open, in words; `false` when nothing does. */
export const listed = (names: readonly string[]): string | false => (names.length === 0 ? false : names.join(', '))
