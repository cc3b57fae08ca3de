// The lock of one breaker: who may act from afar, until when, and changing that with a glove on.
import { button, call, element, field, teller } from './dom.js'
import { slide } from './slide.js'
import { padlock, scopeWord, scopes } from './symbols.js'
import { lasting, shortly, t } from './texts.js'

const LOCK_TRIES = 5
const pause = (ms) => new Promise((resume) => setTimeout(resume, ms))

export function lockCard(me, name) {
  let scope = 'control'
  let now
  let receivedAt = 0
  let seconds = 900
  let shiftSeconds = 'not-set'
  const say = teller()
  const title = element('h2', {}, t('Remote control'))
  const word = element('strong', { id: 'lock-word' })
  const since = element('p', { className: 'mute', id: 'lock-since' })
  const which = element('div', { className: 'chips three', role: 'group', ariaLabel: t('What for') })
  for (const one of scopes) {
    const chip = button(scopeWord(one), () => {
      scope = one
      say.nothing()
      redraw()
    })
    chip.dataset.scope = one
    which.append(chip)
  }
  const mayUnlock = me.may.includes('unlock')
  const reason = field(t('Reason'), { maxLength: 200, autocomplete: 'off', enterKeyHint: 'done' })
  const order = field(t('Work order, if there is one'), { maxLength: 40, autocomplete: 'off', autocapitalize: 'characters' })
  const quick = element('div', { className: 'chips', role: 'group', ariaLabel: t('Usual reasons') })
  for (const words of [t('Maintenance'), t('Test'), t('Fault'), t('Switching order')])
    quick.append(button(words, () => (reason.input.value = words)))
  const chips = element('div', { className: 'chips', role: 'group', ariaLabel: t('Unlock for') })
  const lengths = [
    [900, t('15 min')],
    [3600, t('1 h')],
    [14_400, t('4 h')],
    ['shift', t('Shift end')],
  ]
  for (const [length, words] of lengths) {
    const chip = button(words, () => {
      seconds = length
      redraw()
    })
    chip.dataset.length = String(length)
    chips.append(chip)
  }
  const chosen = () => (seconds === 'shift' ? shiftSeconds : seconds)
  const unlock = async () => {
    const forSeconds = chosen()
    if (reason.input.value.trim().length < 3) {
      reason.input.focus()
      return say.bad({ error: t('the reason is missing'), hint: t('it stands in the record beside your name') })
    }
    say.wait(t('asking the gateway …'))
    const body = { scope, forSeconds, reason: reason.input.value, workOrder: order.input.value, version: now.version }
    const said = await call(`/breakers/${encodeURIComponent(name)}/unlock`, body)
    if (said.ok) {
      hear({ ...locks, [scope]: said.value }, { longestSeconds: longest, shiftEndSeconds: shiftSeconds })
      return say.good(t('Unlocked until {time}.', { time: shortly(said.value.until) }))
    }
    if (said.status !== 0) return say.bad(said)
    say.bad({
      error: t('no answer: it may be unlocked or not'),
      hint: t('the lock above shows what the gateway says, as soon as it is back'),
    })
  }
  const slider = slide('', unlock)
  // For who cannot draw a slide: two presses instead (WCAG 2.5.7).
  const sure = button(t('Yes, unlock'), async () => {
    sure.hidden = true
    await unlock()
  })
  sure.hidden = true
  const taps = button(t('Unlock by two presses instead'), () => ((sure.hidden = !sure.hidden), sure.hidden ? undefined : sure.focus()), {
    className: 'plain',
  })
  const lock = button(t('LOCK NOW'), lockIt, { className: 'main big' })
  async function lockIt() {
    lock.disabled = true
    // Locking twice does no harm, so it is tried until there is an answer.
    for (let i = 1; i <= LOCK_TRIES; i++) {
      say.wait(i === 1 ? t('asking the gateway …') : t('no answer, trying again ({tries} of {most})', { tries: i, most: LOCK_TRIES }))
      const said = await call(
        `/breakers/${encodeURIComponent(name)}/lock`,
        { scope, reason: reason.input.value.trim() || t('locked on the page') },
        { timeoutMs: 4000 },
      )
      if (said.ok) {
        hear({ ...locks, [scope]: said.value }, { longestSeconds: longest, shiftEndSeconds: shiftSeconds })
        say.good(t('Locked.'))
        break
      }
      if (said.status !== 0 || i === LOCK_TRIES) {
        say.bad(
          said.status === 0
            ? {
                error: t('no answer: it is not known whether it is locked'),
                hint: t('go where the link is better, or lock it at the switchboard'),
              }
            : said,
        )
        break
      }
      await pause(1000)
    }
    lock.disabled = false
  }
  const shut = element('div', { className: 'shut' }, ...quick0())
  function quick0() {
    return [
      ...reason.parts,
      quick,
      ...order.parts,
      element('p', { className: 'label', id: 'for-how-long' }, t('Unlock for')),
      chips,
      slider.place,
      taps,
      sure,
    ]
  }
  const card = element(
    'section',
    { className: 'lock', ariaLabel: t('Remote control') },
    title,
    which,
    element('p', { className: 'line' }, word),
    since,
    ...(mayUnlock ? [shut] : []),
    lock,
    say.place,
  )
  let locks = {}
  let longest = 28_800

  function hear(next, { longestSeconds, shiftEndSeconds }) {
    locks = next
    longest = longestSeconds
    shiftSeconds = shiftEndSeconds
    receivedAt = performance.now()
    redraw()
  }
  function redraw() {
    now = locks[scope]
    if (now === undefined) return
    for (const chip of which.children) {
      chip.setAttribute('aria-pressed', String(chip.dataset.scope === scope))
      const open = locks[chip.dataset.scope].locked === false
      chip.replaceChildren(padlock(!open), ' ', scopeWord(chip.dataset.scope))
      chip.classList.toggle('open', open)
    }
    card.classList.toggle('unlocked', !now.locked)
    word.replaceChildren(padlock(now.locked), ` ${now.locked ? t('LOCKED') : t('UNLOCKED')}`)
    const left = now.locked ? 0 : now.secondsLeft - (performance.now() - receivedAt) / 1000
    since.textContent = now.locked ? lockedWords(now) : unlockedWords(now, left)
    shut.hidden = !now.locked
    lock.hidden = now.locked || !me.may.includes('lock')
    for (const chip of chips.children) {
      const length = chip.dataset.length === 'shift' ? shiftSeconds : Number(chip.dataset.length)
      chip.hidden = length === 'not-set'
      chip.disabled = length > longest
      chip.setAttribute('aria-pressed', String(chip.dataset.length === String(seconds)))
    }
    slider.say(t('slide to unlock for {time}', { time: lasting(chosen()).replace(/ 00 (s|min)$/, '') }))
  }
  return { card, hear, tick: redraw }
}

function lockedWords({ by, since, reason }) {
  const who =
    { default: t('never unlocked'), timer: t('by timer'), restart: t('by a restart of the gateway'), gateway: t('by the gateway') }[by] ??
    t('by {name}', { name: by })
  return `${t('since {time}', { time: shortly(since) })}, ${who}${by === 'default' || by === 'timer' || by === 'restart' ? '' : `: ${reason}`}`
}

function unlockedWords({ until, by, reason, workOrder }, left) {
  const why = [workOrder, reason].filter((part) => part !== '').join(' · ')
  return `${t('by {name} until {time}, {left} left', { name: by, time: shortly(until), left: lasting(left) })}: ${why}`
}
