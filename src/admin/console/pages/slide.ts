// A slide that has to be drawn from one end to the other: by finger, glove, mouse or keys. A tap at its far end does nothing.
import { background, element } from './dom.ts'

/** How far a first touch may be from the handle, in hundredths of the way. */
const GRIP = 30
const DONE = 97

export function slide(words: string, run: () => Promise<void>): { readonly place: HTMLElement; setText(next: string): void } {
  const input = element('input', { type: 'range', min: '0', max: '100', value: '0', step: '1', ariaLabel: words })
  const text = element('span', { ariaHidden: 'true' }, words)
  const place = element('div', { className: 'slide' }, text, input)
  let by: 'nothing' | 'touch' | 'keys' | 'drag' | 'jump' = 'nothing'
  const back = (): void => {
    input.value = '0'
    place.classList.remove('far')
  }
  input.addEventListener('pointerdown', () => (by = 'touch'))
  input.addEventListener('keydown', () => (by = 'keys'))
  input.addEventListener('blur', back)
  input.addEventListener('input', () => {
    if (by === 'touch') by = Number(input.value) > GRIP ? 'jump' : 'drag'
    if (by === 'jump') back()
    place.classList.toggle('far', Number(input.value) > 50)
  })
  const finish = async (): Promise<void> => {
    if (Number(input.value) < DONE || (by !== 'drag' && by !== 'keys')) return by === 'keys' ? undefined : back()
    input.disabled = true
    try {
      await run()
    } finally {
      input.disabled = false
      back()
    }
  }
  // The finger has left it, or a key was pressed.
  input.addEventListener('change', () => background(finish()))
  return {
    place,
    setText(next) {
      if (text.textContent === next) return
      text.textContent = next
      input.setAttribute('aria-label', next)
    },
  }
}
