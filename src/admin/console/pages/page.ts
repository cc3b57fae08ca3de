// Which page an address is, for whom, and what stands above all of them.
import { accountPage } from './account.ts'
import { accessPage } from './access.ts'
import { type Person, get } from './api.ts'
import { breakerPage } from './breaker.ts'
import { checklistPage } from './checklist.ts'
import { background, button, element } from './dom.ts'
import { eventsPage } from './events.ts'
import { keysPage } from './keys.ts'
import { loginPage } from './login.ts'
import { peoplePage } from './people.ts'
import { requestsPage } from './requests.ts'
import { settingsPage } from './settings.ts'
import { sitePage } from './site.ts'
import { type PlainText, language, languages, t, useLanguage } from './texts.ts'

/** What is on a page. `stop` is called when another page takes its place. */
type Parts = readonly HTMLElement[]
type Built = Parts | { readonly parts: Parts; readonly stop: () => void }
type Build = (me: Person, refresh: () => Promise<void>) => Built | Promise<Built>
type MenuEntry = { readonly path: string; readonly title: PlainText; readonly right: string; readonly build: Build }

const partOfPage = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`index.html has no #${id}`)
  return found
}
const main = partOfPage('main')
const top = partOfPage('top')

const home: MenuEntry = { path: '/', title: 'Site', right: 'look', build: sitePage }
/** The pages with the right that each needs (empty: none), in the order of the menu. */
const menu: readonly MenuEntry[] = [
  home,
  { path: '/events', title: 'Events', right: 'events', build: eventsPage },
  { path: '/requests', title: 'Requests', right: 'look', build: requestsPage },
  { path: '/access', title: 'Access', right: 'look', build: accessPage },
  { path: '/people', title: 'Users', right: 'users', build: peoplePage },
  { path: '/keys', title: 'Keys', right: 'look', build: keysPage },
  { path: '/settings', title: 'Settings', right: 'events', build: settingsPage },
  { path: '/checklist', title: 'Checklist', right: 'look', build: checklistPage },
  { path: '/account', title: 'Account', right: '', build: accountPage },
]

let leave: () => void = () => undefined
let shown = 0

function pageOf(path: string): { readonly name: string; readonly right: string; readonly build: Build } {
  const breaker = /^\/b\/([^/]+)$/.exec(path)?.[1]
  if (breaker !== undefined)
    return { name: decodeURIComponent(breaker), right: 'look', build: (me) => breakerPage(me, decodeURIComponent(breaker)) }
  const { title, right, build } = menu.find((entry) => entry.path === path) ?? home
  return { name: t(title), right, build }
}

function header(me: Pick<Person, 'name' | 'role' | 'may'> | 'nobody', path: string): void {
  const choose = element(
    'select',
    { ariaLabel: t('Language'), className: 'small' },
    ...languages.map(([value, text]) => element('option', { value }, text)),
  )
  choose.value = language
  choose.addEventListener('change', () => useLanguage(choose.value))
  if (me === 'nobody') return top.replaceChildren(element('b', {}, 'Breakwall'), choose)
  const links = menu
    .filter(({ right }) => right === '' || me.may.includes(right))
    .map((entry) => element('a', { href: entry.path, ...(entry.path === path ? { ariaCurrent: 'page' } : {}) }, t(entry.title)))
  const nav = element('nav', { id: 'menu', ariaLabel: t('Pages') }, ...links, choose)
  const open = button(t('Menu'), () => {
    const shows = nav.classList.toggle('shows')
    open.setAttribute('aria-expanded', String(shows))
  })
  open.className = 'small menu'
  open.setAttribute('aria-controls', 'menu')
  open.setAttribute('aria-expanded', 'false')
  top.replaceChildren(element('b', {}, 'Breakwall'), element('span', { id: 'who' }, `${me.name} · ${me.role}`), open, nav)
}

/** Shows the page of the address. What is on its way for another one comes too late and is thrown away. */
async function showPage(): Promise<void> {
  shown += 1
  const mine = shown
  leave()
  leave = () => undefined
  const show = (...parts: Parts): void => {
    if (mine === shown) main.replaceChildren(...parts)
  }
  const reply = await get('/me', { unattended: true })
  if (!reply.ok) {
    show(element('section', {}, element('h1', {}, t('No answer')), `${reply.error}: ${reply.hint} `, button(t('Try again'), showPage)))
    return
  }
  const { pathname } = location
  const me = reply.value
  if (me.kind !== 'person') {
    header('nobody', pathname)
    document.title = 'Breakwall'
    return loginPage(show, showPage)
  }
  if (me.pending !== 'nothing') {
    header({ ...me, may: [] }, pathname)
    return show(...(await accountPage(me, showPage)))
  }
  header(me, pathname)
  const { name, right, build } = pageOf(pathname)
  document.title = `${name} · Breakwall`
  if (right !== '' && !me.may.includes(right)) {
    show(element('section', {}, element('h1', {}, name), t('The role {role} may not see this page.', { role: me.role })))
    return
  }
  const built = await build(me, showPage)
  const { parts, stop } = 'parts' in built ? built : { parts: built, stop: () => undefined }
  if (mine !== shown) return stop()
  leave = stop
  show(...parts)
}

document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('a[href^="/"]:not([href^="/api/"])') : null
  if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  history.pushState(null, '', link.getAttribute('href'))
  window.scrollTo(0, 0)
  background(showPage())
})
window.addEventListener('popstate', () => background(showPage()))
let askingForLogin = false
document.addEventListener('logged-out', () => {
  if (askingForLogin || document.querySelector('#log-in') !== null) return
  askingForLogin = true
  background(showPage().finally(() => (askingForLogin = false)))
})

await showPage()
