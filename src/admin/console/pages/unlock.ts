// The lock of one breaker: who may act from afar, until when, and changing that with a glove on.
import type { LockView, Scope, UnlockRules } from '../../contract/index.ts'
import { type Person, post } from './api.ts'
import { type Content, type MessageLine, button, element, field, messageLine } from './dom.ts'
import { slide } from './slide.ts'
import { padlock, recordMark, scopeWord, scopes } from './symbols.ts'
import { lasting, shortly, t } from './texts.ts'

const LOCK_TRIES = 5
const USUAL_SECONDS = 900
const pause = (ms: number): Promise<void> => new Promise((resume) => setTimeout(resume, ms))

type Locks = Readonly<Record<Scope, LockView>>
type Length = number | 'shift'
/** What is chosen on the card, and what the gateway said last; times of `performance.now()`, milliseconds. */
type CardState = {
  scope: Scope
  length: Length
  locks: Locks | 'not-known'
  rules: UnlockRules
  locksAt: number
  rulesAt: number
}
/** How a part of the card speaks to the rest of it. */
type CardParts = { readonly message: MessageLine; readonly onAnswer: (scope: Scope, lock: LockView) => void }

/** `update` takes what the gateway says, `tick` only lets the time pass: nothing here says a lock is open before the gateway has. */
export function lockCard(me: Person, name: string) {
  const path = `/breakers/${encodeURIComponent(name)}` as const
  const rules: UnlockRules = { longestSeconds: 28_800, shiftEndSeconds: 'not-set' }
  const state: CardState = { scope: 'control', length: USUAL_SECONDS, locks: 'not-known', rules, locksAt: 0, rulesAt: 0 }
  const message = messageLine()
  const word = element('strong', { id: 'lock-word' })
  const since = element('p', { className: 'mute', id: 'lock-since' })
  const which = chipsOf(t('What for'), 'three', scopes, scopeWord, (scope) => {
    state.scope = scope
    message.clear()
    draw()
  })
  const onAnswer = (scope: Scope, lock: LockView): void => {
    if (state.locks !== 'not-known') update({ ...state.locks, [scope]: lock }, state.rules)
  }
  const opening = openingPart(path, state, { message, onAnswer }, () => draw())
  const reasonOf = (): string => opening.reason.input.value.trim()
  const lock = button(t('LOCK NOW'), () => lockNow(path, state.scope, reasonOf(), { message, onAnswer }, lock), { className: 'main big' })
  const card = element('section', { className: 'lock', ariaLabel: t('Remote control') })
  card.append(element('h2', {}, t('Remote control')), which.place, element('p', { className: 'line' }, word), since)
  if (me.may.includes('unlock')) card.append(opening.place)
  card.append(lock, message.place)

  function update(locks: Locks, rules: UnlockRules): void {
    const now = performance.now()
    // An answer about one lock says nothing new about the shift.
    if (rules !== state.rules) state.rulesAt = now
    if (rules.shiftEndSeconds === 'not-set' && state.length === 'shift') state.length = USUAL_SECONDS
    Object.assign(state, { locks, rules, locksAt: now } satisfies Partial<CardState>)
    draw()
  }
  function draw(): void {
    const { locks } = state
    if (locks === 'not-known') return
    const now = locks[state.scope]
    which.draw((scope) => {
      const { locked } = locks[scope]
      return { pressed: scope === state.scope, className: locked ? '' : 'open', content: [padlock(locked), ' ', scopeWord(scope)] }
    })
    card.classList.toggle('unlocked', !now.locked)
    word.replaceChildren(padlock(now.locked), ` ${now.locked ? t('LOCKED') : t('UNLOCKED')}`)
    since.textContent = `${now.locked ? lockedWords(now) : unlockedWords(now, now.secondsLeft - (performance.now() - state.locksAt) / 1000)}${recordMark(now)}`
    opening.place.hidden = !now.locked
    lock.hidden = now.locked || !me.may.includes('lock')
    opening.draw()
  }
  return { card, update, tick: draw }
}

type ChipLook = {
  readonly pressed: boolean
  readonly className?: string
  readonly hidden?: boolean
  readonly disabled?: boolean
  readonly content?: readonly Content[]
}

/** A row of buttons of which one is chosen. */
function chipsOf<Value>(
  label: string,
  kind: 'two' | 'three' | '',
  values: readonly Value[],
  wordOf: (value: Value) => string,
  choose: (value: Value) => void,
) {
  const place = element('div', { className: `chips ${kind}`, role: 'group', ariaLabel: label })
  const chips = values.map((value) => ({ value, chip: button(wordOf(value), () => choose(value)) }))
  place.append(...chips.map(({ chip }) => chip))
  return {
    place,
    draw(lookOf: (value: Value) => ChipLook) {
      for (const { value, chip } of chips) {
        const { pressed, className = '', hidden = false, disabled = false, content } = lookOf(value)
        chip.setAttribute('aria-pressed', String(pressed))
        Object.assign(chip, { className, hidden, disabled })
        if (content !== undefined && chip.dataset['shown'] !== className) chip.replaceChildren(...content)
        chip.dataset['shown'] = className
      }
    },
  }
}

/** How long an unlock is; the gateway says how long the shift still lasts: this device's clock and time zone are not asked. */
function secondsOf(length: Length, { rules: { shiftEndSeconds }, rulesAt }: CardState): number | 'not-set' {
  if (length !== 'shift') return length
  if (shiftEndSeconds === 'not-set') return 'not-set'
  return Math.max(1, Math.floor(shiftEndSeconds - (performance.now() - rulesAt) / 1000))
}

/** Why, for how long, and the slide. */
function openingPart(path: `/breakers/${string}`, state: CardState, { message, onAnswer }: CardParts, draw: () => void) {
  const reason = field(t('Reason'), { maxLength: 200, autocomplete: 'off', enterKeyHint: 'done' })
  const order = field(t('Work order, if there is one'), { maxLength: 40, autocomplete: 'off', autocapitalize: 'characters' })
  const usual = [t('Maintenance'), t('Test'), t('Fault'), t('Switching order')]
  const reasons = chipsOf(t('Usual reasons'), 'two', usual, String, (words) => {
    reason.input.value = words
    draw()
  })
  const words = { 900: t('15 min'), 3600: t('1 h'), 14_400: t('4 h'), shift: t('Shift end') }
  const lengths = chipsOf(
    t('Unlock for'),
    '',
    [900, 3600, 14_400, 'shift'] as const,
    (length) => words[length],
    (length) => {
      state.length = length
      draw()
    },
  )
  async function unlock(): Promise<void> {
    const { scope, locks } = state
    const forSeconds = secondsOf(state.length, state)
    if (locks === 'not-known' || forSeconds === 'not-set') return
    const why = reason.input.value.trim()
    if (why.length < 3) {
      reason.input.focus()
      return message.failed({ error: t('the reason is missing'), hint: t('it stands in the record beside your name') })
    }
    message.waiting(t('asking the gateway …'))
    const { version } = locks[scope]
    const reply = await post(`${path}/unlock`, { scope, forSeconds, reason: why, workOrder: order.input.value, version })
    if (reply.ok) {
      onAnswer(scope, reply.value)
      if (reply.value.locked) return message.clear() // it has been locked again already
      return message.done(t('Unlocked until {time}.', { time: shortly(reply.value.until) }))
    }
    if (reply.status !== 0) return message.failed(reply)
    message.failed({
      error: t('no answer: it may be unlocked or not'),
      hint: t('the lock above shows what the gateway says, as soon as it is back'),
    })
  }
  const slider = slide('', unlock)
  // For who cannot draw a slide: two presses instead (WCAG 2.2, 2.5.7).
  const sure = button(t('Yes, unlock'), () => ((sure.hidden = true), unlock()), { hidden: true, className: 'big' })
  const taps = button(t('Unlock by two presses instead'), () => (sure.hidden = !sure.hidden), { className: 'plain' })
  const label = element('p', { className: 'label' }, t('Unlock for'))
  reason.input.addEventListener('input', draw)
  return {
    reason,
    place: element('div', {}, ...reason.parts, reasons.place, ...order.parts, label, lengths.place, slider.place, taps, sure),
    draw() {
      reasons.draw((words) => ({ pressed: words === reason.input.value }))
      lengths.draw((length) => {
        const seconds = secondsOf(length, state)
        const tooLong = seconds !== 'not-set' && seconds > state.rules.longestSeconds
        return { pressed: length === state.length, hidden: seconds === 'not-set', disabled: tooLong }
      })
      const seconds = secondsOf(state.length, state)
      slider.setText(t('slide to unlock for {time}', { time: seconds === 'not-set' ? '…' : lasting(seconds).replace(/ 00 (s|min)$/, '') }))
    },
  }
}

/** Locking twice does no harm, so it is tried until there is an answer, and each try is shown. */
async function lockNow(
  path: `/breakers/${string}`,
  scope: Scope,
  reason: string,
  { message, onAnswer }: CardParts,
  lock: HTMLButtonElement,
): Promise<void> {
  lock.disabled = true
  const body = { scope, reason: reason.length < 3 ? t('locked on the page') : reason }
  for (let tries = 1; tries <= LOCK_TRIES; tries++) {
    message.waiting(tries === 1 ? t('asking the gateway …') : t('no answer, trying again ({tries} of {most})', { tries, most: LOCK_TRIES }))
    const reply = await post(`${path}/lock`, body, { timeoutMs: 4000 })
    if (reply.ok) {
      onAnswer(scope, reply.value)
      if (reply.value.recorded) message.done(t('Locked.'))
      else message.unrecorded(t('Locked, but not recorded yet: the disk of the gateway refuses.'))
      break
    }
    if (reply.status !== 0) {
      message.failed(reply)
      break
    }
    if (tries === LOCK_TRIES)
      message.failed({
        error: t('no answer: it is not known whether it is locked'),
        hint: t('go where the link is better, or lock it at the switchboard'),
      })
    else await pause(1000)
  }
  lock.disabled = false
}

function lockedWords({ by, since, reason }: Extract<LockView, { readonly locked: true }>): string {
  const known = new Map([
    ['default', t('never unlocked')],
    ['timer', t('by timer')],
    ['restart', t('by a restart of the gateway')],
    ['gateway', t('by the gateway')],
  ])
  const who = known.get(by) ?? t('by {name}', { name: by })
  const why = known.has(by) && by !== 'gateway' ? '' : `: ${reason}`
  return `${t('since {time}', { time: shortly(since) })}, ${who}${why}`
}

function unlockedWords({ until, by, reason, workOrder }: Extract<LockView, { readonly locked: false }>, left: number): string {
  const why = [workOrder, reason].filter((part) => part !== '').join(' · ')
  return `${t('by {name} until {time}, {left} left', { name: by, time: shortly(until), left: lasting(left) })}: ${why}`
}
