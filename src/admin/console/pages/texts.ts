// One table of texts: the English text is the key, another language is a table of its own.
import { german } from './german.ts'

/** Every text that the pages show. One that has no German translation does not compile. */
export type Text = keyof typeof german
type Language = 'en' | 'de'
const tables: Readonly<Record<Language, Readonly<Partial<Record<Text, string>>>>> = { en: {}, de: german }
const wanted = (): string => localStorage.getItem('language') ?? navigator.language.slice(0, 2)
export const languages = [
  ['en', 'English'],
  ['de', 'Deutsch'],
] as const
export const language: Language = wanted() === 'de' ? 'de' : 'en'
document.documentElement.lang = language

export function useLanguage(code: string): void {
  localStorage.setItem('language', code)
  location.reload()
}

/** The names of the places in a text: `from` and `until` of "{from} to {until}". */
type Place<Words extends string> = Words extends `${string}{${infer Name}}${infer Rest}` ? Name | Place<Rest> : never
type Values<Words extends string> = [Place<Words>] extends [never] ? [] : [values: Readonly<Record<Place<Words>, string | number>>]

/** A text without places. */
export type PlainText = { [Words in Text]: [Place<Words>] extends [never] ? Words : never }[Text]

/** The text in the reader's language; `{name}` in it is filled in. */
export function t<Words extends Text>(text: Words, ...[values]: Values<Words>): string {
  const filled: Readonly<Record<string, string | number>> = values ?? {}
  return (tables[language][text] ?? text).replace(/\{(\w+)\}/g, (_, name: string) => String(filled[name] ?? ''))
}

const locale = language === 'de' ? 'de-DE' : 'en-GB'
/** An instant with its zone: who reads a picture of it knows which clock it was. */
export const when = (iso: string): string =>
  new Date(iso).toLocaleString(locale, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  })
/** The hour alone where it is of the last day, with its zone; the day too where it is older. */
export function shortly(iso: string): string {
  const at = new Date(iso)
  if (Math.abs(Date.now() - at.getTime()) > 20 * 3600 * 1000) return when(iso)
  return at.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' })
}

/** How long something is, in the two greatest units of it. */
export function lasting(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
  return t('{days} days', { days: Math.floor(whole / 86_400) })
}
