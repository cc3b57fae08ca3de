// The lock of one breaker: who may act from afar, until when, and changing that with a glove on.
import { button, call, element, field, teller } from './dom.js'
import { slide } from './slide.js'
import { padlock, scopeWord, scopes } from './symbols.js'
import { lasting, shortly, t } from './texts.js'

const LOCK_TRIES = 5
const pause = (ms) => new Promise((resume) => setTimeout(resume, ms))

/** `hear` takes what the gateway says, `tick` only lets the time pass: nothing here says a lock is open before the gateway has. */
export function lockCard(me, name) {
  const path = `/breakers/${encodeURIComponent(name)}`
  const rules = { longestSeconds: 28_800, shiftEndSeconds: 'not-set' }
  const it = { scope: 'control', seconds: 900, locks: {}, rules, heardAt: 0, rulesAt: 0 }
  const say = teller()
  const word = element('strong', { id: 'lock-word' })
  const since = element('p', { className: 'mute', id: 'lock-since' })
  const which = chipsOf(
    t('What for'),
    'three',
    scopes.map((one) => [one, scopeWord(one)]),
    (one) => {
      it.scope = one
      say.nothing()
      draw()
    },
  )
  const answered = (lock) => hear({ ...it.locks, [it.scope]: lock }, it.rules)
  const opening = openingPart(path, it, { say, answered, draw: () => draw() })
  const reasonOf = () => opening.reason.input.value.trim()
  const lock = button(t('LOCK NOW'), () => lockNow(path, it.scope, reasonOf(), { say, answered, lock }), { className: 'main big' })
  const card = element('section', { className: 'lock', ariaLabel: t('Remote control') })
  card.append(element('h2', {}, t('Remote control')), which.place, element('p', { className: 'line' }, word), since)
  if (me.may.includes('unlock')) card.append(opening.place)
  card.append(lock, say.place)

  function hear(locks, rules) {
    const now = performance.now()
    // An answer about one lock says nothing new about the shift.
    Object.assign(it, { locks, rules, heardAt: now, rulesAt: rules === it.rules ? it.rulesAt : now })
    draw()
  }
  function draw() {
    const now = it.locks[it.scope]
    if (now === undefined) return
    which.draw((scope) => {
      const { locked } = it.locks[scope]
      return { pressed: scope === it.scope, className: locked ? '' : 'open', content: [padlock(locked), ' ', scopeWord(scope)] }
    })
    card.classList.toggle('unlocked', !now.locked)
    word.replaceChildren(padlock(now.locked), ` ${now.locked ? t('LOCKED') : t('UNLOCKED')}`)
    since.textContent = now.locked ? lockedWords(now) : unlockedWords(now, now.secondsLeft - (performance.now() - it.heardAt) / 1000)
    opening.place.hidden = !now.locked
    lock.hidden = now.locked || !me.may.includes('lock')
    opening.draw()
  }
  return { card, hear, tick: draw }
}

/** A row of buttons of which one is chosen. */
function chipsOf(label, kind, choices, choose) {
  const place = element('div', { className: `chips ${kind}`, role: 'group', ariaLabel: label })
  const chips = choices.map(([value, words]) => [value, button(words, () => choose(value))])
  place.append(...chips.map(([, chip]) => chip))
  return {
    place,
    draw(look) {
      for (const [value, chip] of chips) {
        const { pressed, className = '', hidden = false, disabled = false, content } = look(value)
        chip.setAttribute('aria-pressed', String(pressed))
        Object.assign(chip, { className, hidden, disabled })
        if (content !== undefined && chip.dataset.shown !== className) chip.replaceChildren(...content)
        chip.dataset.shown = className
      }
    },
  }
}

/** Why, for how long, and the slide. */
function openingPart(path, it, { say, answered, draw }) {
  const reason = field(t('Reason'), { maxLength: 200, autocomplete: 'off', enterKeyHint: 'done' })
  const order = field(t('Work order, if there is one'), { maxLength: 40, autocomplete: 'off', autocapitalize: 'characters' })
  const usual = [t('Maintenance'), t('Test'), t('Fault'), t('Switching order')].map((words) => [words, words])
  const quick = chipsOf(t('Usual reasons'), 'two', usual, (words) => {
    reason.input.value = words
    draw()
  })
  const lengths = [
    [900, t('15 min')],
    [3600, t('1 h')],
    [14_400, t('4 h')],
    ['shift', t('Shift end')],
  ]
  const chips = chipsOf(t('Unlock for'), '', lengths, (length) => {
    it.seconds = length
    draw()
  })
  // The gateway says how long the shift still lasts: this device's clock and time zone are not asked.
  const secondsOf = (length) => {
    const { shiftEndSeconds } = it.rules
    if (length !== 'shift' || shiftEndSeconds === 'not-set') return length === 'shift' ? 'not-set' : length
    return Math.max(1, Math.floor(shiftEndSeconds - (performance.now() - it.rulesAt) / 1000))
  }
  async function unlock() {
    const why = reason.input.value.trim()
    if (why.length < 3) {
      reason.input.focus()
      return say.bad({ error: t('the reason is missing'), hint: t('it stands in the record beside your name') })
    }
    say.wait(t('asking the gateway …'))
    const { version } = it.locks[it.scope]
    const said = await call(`${path}/unlock`, {
      scope: it.scope,
      forSeconds: secondsOf(it.seconds),
      reason: why,
      workOrder: order.input.value,
      version,
    })
    if (said.ok) {
      answered(said.value)
      return say.good(t('Unlocked until {time}.', { time: shortly(said.value.until) }))
    }
    if (said.status !== 0) return say.bad(said)
    say.bad({
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
    place: element('div', {}, ...reason.parts, quick.place, ...order.parts, label, chips.place, slider.place, taps, sure),
    draw() {
      quick.draw((words) => ({ pressed: words === reason.input.value }))
      chips.draw((length) => {
        const seconds = secondsOf(length)
        return { pressed: length === it.seconds, hidden: seconds === 'not-set', disabled: seconds > it.rules.longestSeconds }
      })
      slider.say(t('slide to unlock for {time}', { time: lasting(secondsOf(it.seconds)).replace(/ 00 (s|min)$/, '') }))
    },
  }
}

/** Locking twice does no harm, so it is tried until there is an answer, and each try is told. */
async function lockNow(path, scope, reason, { say, answered, lock }) {
  lock.disabled = true
  const body = { scope, reason: reason.length < 3 ? t('locked on the page') : reason }
  for (let tries = 1; tries <= LOCK_TRIES; tries++) {
    say.wait(tries === 1 ? t('asking the gateway …') : t('no answer, trying again ({tries} of {most})', { tries, most: LOCK_TRIES }))
    const said = await call(`${path}/lock`, body, { timeoutMs: 4000 })
    if (said.ok) {
      answered(said.value)
      say.good(t('Locked.'))
      break
    }
    if (said.status !== 0) {
      say.bad(said)
      break
    }
    if (tries === LOCK_TRIES)
      say.bad({
        error: t('no answer: it is not known whether it is locked'),
        hint: t('go where the link is better, or lock it at the switchboard'),
      })
    else await pause(1000)
  }
  lock.disabled = false
}

function lockedWords({ by, since, reason }) {
  const known = {
    default: t('never unlocked'),
    timer: t('by timer'),
    restart: t('by a restart of the gateway'),
    gateway: t('by the gateway'),
  }
  const who = known[by] ?? t('by {name}', { name: by })
  const why = by in known && by !== 'gateway' ? '' : `: ${reason}`
  return `${t('since {time}', { time: shortly(since) })}, ${who}${why}`
}

function unlockedWords({ until, by, reason, workOrder }, left) {
  const why = [workOrder, reason].filter((part) => part !== '').join(' · ')
  return `${t('by {name} until {time}, {left} left', { name: by, time: shortly(until), left: lasting(left) })}: ${why}`
}
