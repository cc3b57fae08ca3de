// What every part of the pages is made with. Every text goes in as text, never as HTML.
import type { Refusal } from '../../contract/index.ts'
import { t } from './texts.ts'

type Tag = keyof HTMLElementTagNameMap
export type Content = Node | string

export function element<Name extends Tag>(
  tag: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: readonly Content[]
): HTMLElementTagNameMap[Name] {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) Reflect.set(node, name, value)
    else node.setAttribute(name, String(value))
  }
  node.append(...children)
  return node
}

/** A drawing out of the outlines of shapes; it is never all that says something. */
export function drawing(outlines: readonly string[], { box = '0 0 64 64', width = 5 } = {}): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  for (const [name, value] of Object.entries({ viewBox: box, fill: 'none', 'aria-hidden': 'true', 'stroke-width': String(width) }))
    svg.setAttribute(name, value)
  for (const outline of outlines) {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    path.setAttribute('d', outline)
    svg.append(path)
  }
  return svg
}

/** The line that says how an operation went: read aloud, and red when it did not work. */
export type MessageLine = {
  readonly place: HTMLElement
  done(text: string): void
  waiting(text: string): void
  /** Done, and not on the disk of the gateway yet. */
  unrecorded(text: string): void
  failed(why: Refusal): void
  clear(): void
}

export function messageLine(): MessageLine {
  const place = element('p', { className: 'message', role: 'status' })
  const set = (className: string, text: string): void => void Object.assign(place, { className, textContent: text })
  return {
    place,
    done: (text) => set('message', text),
    waiting: (text) => set('message waits', text),
    unrecorded: (text) => set('message bad', text),
    failed: ({ error, hint }) => set('message bad', hint === '' ? error : `${error}: ${hint}`),
    clear: () => set('message', ''),
  }
}

/** An input with its label. `parts` are both, in the order in which they are shown. */
export type Field<Input extends HTMLElement = HTMLInputElement> = { readonly input: Input; readonly parts: readonly [HTMLElement, Input] }

let fields = 0
function labelled<Input extends HTMLElement>(text: string, input: Input): Field<Input> {
  fields += 1
  if (input.id === '') input.id = `field-${fields}`
  return { input, parts: [element('label', { htmlFor: input.id }, text), input] }
}

export function field(text: string, properties: Partial<HTMLInputElement> = {}): Field {
  return labelled(text, element('input', properties))
}

export type Option = readonly [value: string, text: string]
export function choice(text: string, options: readonly Option[]): Field<HTMLSelectElement> {
  return labelled(text, element('select', {}, ...options.map(([value, words]) => element('option', { value }, words))))
}

/**
 * For work that nobody waits for. The calls of the API say by their value how they went, so that it rejects all the same is a bug:
 * the browser reports it as it reports every error.
 */
export function background(work: Promise<unknown>): void {
  work.catch(reportError)
}

export function button(
  text: string,
  run: (pressed: HTMLButtonElement) => unknown,
  properties: Partial<HTMLButtonElement> = {},
): HTMLButtonElement {
  const node = element('button', { type: 'button', ...properties }, text)
  node.addEventListener('click', () => background(Promise.resolve(run(node))))
  return node
}

/** A form is sent by this, and by nothing of the browser's own. */
export function onSubmit(node: HTMLFormElement, run: () => Promise<void>): void {
  node.addEventListener('submit', (event) => {
    event.preventDefault()
    background(run())
  })
}

export type FieldSpec = { readonly label: string; readonly properties: Partial<HTMLInputElement> }

/** A form that works once at a time; `run` gets what was typed into each field, by the field's name. */
export function form<Name extends string>(
  title: string,
  specs: Readonly<Record<Name, FieldSpec>>,
  go: string,
  run: (typed: Readonly<Record<Name, string>>, message: MessageLine) => Promise<void>,
): HTMLElement {
  const message = messageLine()
  const inputs = Object.entries<FieldSpec>(specs).map(([name, { label, properties }]) => ({ name, ...field(label, properties) }))
  const press = element('button', { className: 'main' }, go)
  const node = element('form', {}, ...inputs.flatMap(({ parts }) => parts), press, message.place)
  onSubmit(node, async () => {
    press.disabled = true
    message.waiting(t('asking the gateway …'))
    try {
      await run(Object.fromEntries(inputs.map(({ name, input }) => [name, input.value])) as Record<Name, string>, message)
    } finally {
      press.disabled = false
    }
  })
  return element('section', {}, element('h2', {}, title), node)
}

/** Makes the content of a place again only when what it shows has changed: who reads or points there is not disturbed. */
export function renderer(place: HTMLElement): (shown: unknown, make: () => readonly Content[]) => void {
  let last = ''
  return (shown, make) => {
    const key = JSON.stringify(shown)
    if (key === last) return
    last = key
    place.replaceChildren(...make())
  }
}

export function table(caption: string, heads: readonly string[], rows: readonly (readonly Content[])[]): HTMLElement {
  const head = element('thead', {}, element('tr', {}, ...heads.map((text) => element('th', { scope: 'col' }, text))))
  const cell = (content: Content, at: number): HTMLElement =>
    at === 0 ? element('th', { scope: 'row' }, content) : element('td', {}, content)
  const body = element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map(cell))))
  // A wide table moves by itself, also by keys.
  return element(
    'div',
    { className: 'scrolls', tabIndex: 0, role: 'region', ariaLabel: caption },
    element('table', {}, element('caption', {}, caption), head, body),
  )
}
