// What the gateway sends once a second, and what the page says when it does not.
import { type LivePath, type LiveView, get, listen } from './api.ts'
import { background } from './dom.ts'
import { lasting, t } from './texts.ts'

/** Without a message for this long, what is shown is old, milliseconds. */
export const OLD_MS = 4000
/** Without a message for this long, the connection is made again, milliseconds. */
const DEAD_MS = 8000
const RETRY_S = [1, 2, 4, 8, 15] as const

async function askWhetherLoggedOut(): Promise<void> {
  const me = await get('/me', { unattended: true })
  if (me.ok && me.value.kind === 'nobody') document.dispatchEvent(new CustomEvent('logged-out'))
}

/** How the connection is, in words; `old`: what is shown may not be so any more. */
export type LinkState = { readonly old: boolean; readonly words: string }

/** Follows `/live`. `onView` gets what is sent, `onLink` each half second how the connection is. The result ends it. */
export function follow<Path extends LivePath>(
  path: Path,
  onView: (view: LiveView<Path>) => void,
  onLink: (state: LinkState) => void,
): () => void {
  let source: EventSource | undefined
  let tries = 0
  let retryAt = 0
  let lastAt = performance.now()
  let ever = false
  let over = false

  const open = (): void => {
    retryAt = 0
    lastAt = performance.now()
    source = listen(
      path,
      (view) => {
        if (over) return
        tries = 0
        ever = true
        lastAt = performance.now()
        onView(view)
        reportLink()
      },
      () => retryLater(),
    )
  }
  const retryLater = (): void => {
    if (over || retryAt !== 0) return
    source?.close()
    retryAt = performance.now() + 1000 * (RETRY_S[tries] ?? RETRY_S[4])
    tries += 1
    // Whether the connection is bad or the session over: asked in a way that does not count as use.
    background(askWhetherLoggedOut())
  }
  const reportLink = (): void => {
    const quietMs = performance.now() - lastAt
    const old = !ever || retryAt !== 0 || quietMs > OLD_MS
    if (retryAt === 0)
      return onLink({ old, words: old ? t('no word from the gateway for {time}', { time: lasting(quietMs / 1000) }) : t('live') })
    const seconds = Math.max(0, Math.ceil((retryAt - performance.now()) / 1000))
    onLink({ old, words: t('link lost · retry {tries} in {seconds} s', { tries, seconds }) })
  }
  const timer = setInterval(() => {
    if (retryAt === 0 && performance.now() - lastAt > DEAD_MS) retryLater()
    if (retryAt !== 0 && performance.now() >= retryAt) open()
    reportLink()
  }, 500)
  open()
  return () => {
    over = true
    clearInterval(timer)
    source?.close()
  }
}
