// One table of texts: the English text is the key, another language is a table of its own.
import { german } from './german.js'

const tables = { en: {}, de: german }
const wanted = () => localStorage.getItem('language') ?? navigator.language.slice(0, 2)
export const languages = [
  ['en', 'English'],
  ['de', 'Deutsch'],
]
export const language = wanted() in tables ? wanted() : 'en'
document.documentElement.lang = language

export function useLanguage(code) {
  localStorage.setItem('language', code)
  location.reload()
}

/** The text in the language of whoever reads it; `{name}` in it is filled in. */
export function t(text, values = {}) {
  const found = tables[language][text] ?? text
  return found.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''))
}

/** An instant with its zone: who reads a picture of it knows which clock it was. */
export const when = (iso) =>
  new Date(iso).toLocaleString(language === 'de' ? 'de-DE' : 'en-GB', {
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
    timeZoneName: 'short',
  })
/** The hour alone where it is of the last day, with its zone; the day too where it is older. */
export function shortly(iso) {
  const at = new Date(iso)
  if (Math.abs(Date.now() - at.getTime()) > 20 * 3600 * 1000) return when(iso)
  return at.toLocaleTimeString(language === 'de' ? 'de-DE' : 'en-GB', { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' })
}

/** How long something is, in the two greatest units of it. */
export function lasting(seconds) {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
  return t('{days} days', { days: Math.floor(whole / 86_400) })
}
