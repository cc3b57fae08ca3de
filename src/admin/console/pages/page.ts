// Which page an address is, for whom, and what stands above all of them.
import { accountPage } from './account.js'
import { accessPage } from './access.js'
import { breakerPage } from './breaker.js'
import { checklistPage } from './checklist.js'
import { button, call, element } from './dom.js'
import { eventsPage } from './events.js'
import { keysPage } from './keys.js'
import { loginPage } from './login.js'
import { peoplePage } from './people.js'
import { requestsPage } from './requests.js'
import { settingsPage } from './settings.js'
import { sitePage } from './site.js'
import { language, languages, t, useLanguage } from './texts.js'

const main = document.querySelector('#main')
const top = document.querySelector('#top')

/** The pages with their right, in the order of the menu. */
const menu = [
  ['/', 'Site', 'look', sitePage],
  ['/events', 'Events', 'events', eventsPage],
  ['/requests', 'Requests', 'look', requestsPage],
  ['/access', 'Access', 'look', accessPage],
  ['/people', 'Users', 'users', peoplePage],
  ['/keys', 'Keys', 'look', keysPage],
  ['/settings', 'Settings', 'events', settingsPage],
  ['/checklist', 'Checklist', 'look', checklistPage],
  ['/account', 'Account', '', accountPage],
]

let leave = () => undefined
let shown = 0

function pageOf(path) {
  const breaker = /^\/b\/([^/]+)$/.exec(path)?.[1]
  if (breaker !== undefined)
    return { name: decodeURIComponent(breaker), right: 'look', make: (me) => breakerPage(me, decodeURIComponent(breaker)) }
  const [, name, right, make] = menu.find(([at]) => at === path) ?? menu[0]
  return { name: t(name), right, make }
}

function header(me, path) {
  const choose = element(
    'select',
    { ariaLabel: t('Language'), className: 'small' },
    ...languages.map(([value, text]) => element('option', { value }, text)),
  )
  choose.value = language
  choose.addEventListener('change', () => useLanguage(choose.value))
  if (me === undefined) return top.replaceChildren(element('b', {}, 'Breakwall'), choose)
  const links = menu
    .filter(([, , right]) => right === '' || me.may.includes(right))
    .map(([href, text]) => element('a', { href, ...(href === path ? { ariaCurrent: 'page' } : {}) }, t(text)))
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

/** Shows a page. What is on its way for another one comes too late and is thrown away. */
export async function start() {
  shown += 1
  const mine = shown
  leave()
  leave = () => undefined
  const show = (...parts) => {
    if (mine === shown) main.replaceChildren(...parts)
  }
  const said = await call('/me', undefined, { unattended: true })
  if (!said.ok) {
    show(element('section', {}, element('h1', {}, t('No answer')), `${said.error}: ${said.hint} `, button(t('Try again'), start)))
    return
  }
  const { pathname } = location
  const me = said.value
  if (me.kind !== 'person') {
    header(undefined, pathname)
    document.title = 'Breakwall'
    return loginPage(show, start)
  }
  if (me.pending !== 'nothing') {
    header({ ...me, may: [] }, pathname)
    return void (await accountPage(me, start)).forEach((part, i) => (i === 0 ? show(part) : main.append(part)))
  }
  header(me, pathname)
  const { name, right, make } = pageOf(pathname)
  document.title = `${name} · Breakwall`
  if (right !== '' && !me.may.includes(right)) {
    show(element('section', {}, element('h1', {}, name), t('The role {role} may not see this page.', { role: me.role })))
    return
  }
  const { parts, stop = () => undefined } = await made(make(me, start))
  if (mine !== shown) return stop()
  leave = stop
  show(...parts)
}

const made = async (page) => {
  const found = await page
  return Array.isArray(found) ? { parts: found } : found
}

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href^="/"]:not([href^="/api/"])')
  if (link === null || link === undefined || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  history.pushState(null, '', link.getAttribute('href'))
  window.scrollTo(0, 0)
  void start()
})
window.addEventListener('popstate', () => void start())
let telling = false
document.addEventListener('logged-out', async () => {
  if (telling || document.querySelector('#log-in') !== null) return
  telling = true
  await start()
  telling = false
})

await start()
