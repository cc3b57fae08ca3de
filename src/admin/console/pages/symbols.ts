// How a state looks: a word, a shape and a colour, as at the switchboard; never the colour alone.
import type { BreakerView, Scope } from '../../contract/index.ts'
import { drawing } from './dom.ts'
import { t } from './texts.ts'

type State = BreakerView['state']

/** The position of the contact: the line symbol of a breaker, closed, open, tripped, and not known. */
const contacts: Readonly<Record<State, readonly string[]>> = {
  closed: ['M32 4v18', 'M32 60V44', 'M32 44V22', 'M26 44h12'],
  open: ['M32 4v16', 'M32 60V44', 'M32 44 50 18', 'M26 44h12'],
  tripped: ['M32 4v16', 'M32 60V44', 'M32 44 50 18', 'M26 44h12', 'M10 14 22 26M22 14 10 26'],
  unknown: ['M32 4v14', 'M32 60V50', 'M24 26c0-10 16-10 16 0 0 6-8 6-8 13', 'M32 45v1'],
}
export const contact = (state: State): SVGElement => drawing(contacts[state])
export const stateWord = (state: State): string =>
  ({ closed: t('CLOSED'), open: t('OPEN'), tripped: t('TRIPPED'), unknown: t('UNKNOWN') })[state]

export const padlock = (locked: boolean): SVGElement =>
  drawing([locked ? 'M7 12V8a5 5 0 0 1 10 0v4' : 'M7 12V7a5 5 0 0 1 9.6-2', 'M4 12h16v10H4z'], { box: '0 0 24 24', width: 2.5 })
export const tagMark = (): SVGElement => drawing(['M4 9 12 3l8 6v12H4z', 'M12 7v1'], { box: '0 0 24 24', width: 2.5 })

/** Stands behind what is in force while it is not on the disk of the gateway yet. */
export const recordMark = ({ recorded }: { readonly recorded: boolean }): string => (recorded ? '' : ` · ${t('NOT RECORDED YET')}`)

export const scopes = ['control', 'protection-setting', 'other-setting'] as const satisfies readonly Scope[]
export const scopeWord = (scope: Scope): string =>
  ({ control: t('Open and close'), 'protection-setting': t('Protection settings'), 'other-setting': t('Other settings') })[scope]

/** What is shown is old when the gateway has not seen the breaker for this long, milliseconds: it asks each by itself every 5 s. */
const STALE_MS = 15_000
export const isStale = ({ stateAgeMs, reachable }: Pick<BreakerView, 'stateAgeMs' | 'reachable'>): boolean =>
  stateAgeMs === 'never' || stateAgeMs > STALE_MS || reachable === 'no'
