// What the gateway tells once a second, and what is said when it does not.
import { call } from './dom.js'
import { lasting, t } from './texts.js'

/** Without a word for so long, what is shown is old, milliseconds. */
export const OLD_MS = 4000
/** Without a word for so long, the line is made anew. */
const DEAD_MS = 8000
const RETRY_S = [1, 2, 4, 8, 15]

/** Follows `/live`. `hear` gets what is told, `link` each half second how the line is: its words, and how old the last word is. */
export function follow(query, hear, link) {
  let source
  let tries = 0
  let retryAt = 0
  let heardAt = performance.now()
  let ever = false
  let over = false

  const open = () => {
    retryAt = 0
    heardAt = performance.now()
    source = new EventSource(`/api/live${query}`)
    source.onmessage = ({ data }) => {
      if (over) return
      tries = 0
      ever = true
      heardAt = performance.now()
      hear(JSON.parse(data))
      tell()
    }
    source.onerror = () => lost()
  }
  const lost = () => {
    if (over || retryAt !== 0) return
    source.close()
    retryAt = performance.now() + 1000 * RETRY_S[Math.min(tries, RETRY_S.length - 1)]
    tries += 1
    // Whether the line is bad or the session over: asked in a way that does not count as use.
    void call('/me', undefined, { unattended: true }).then((me) => {
      if (me.ok && me.value.kind === 'nobody') document.dispatchEvent(new CustomEvent('logged-out'))
    })
  }
  const tell = () => {
    const quietMs = performance.now() - heardAt
    const old = !ever || retryAt !== 0 || quietMs > OLD_MS
    if (retryAt === 0)
      return link({ old, words: old ? t('no word from the gateway for {time}', { time: lasting(quietMs / 1000) }) : t('live') })
    const seconds = Math.max(0, Math.ceil((retryAt - performance.now()) / 1000))
    link({ old, words: t('link lost · retry {tries} in {seconds} s', { tries, seconds }) })
  }
  const timer = setInterval(() => {
    if (retryAt === 0 && performance.now() - heardAt > DEAD_MS) lost()
    if (retryAt !== 0 && performance.now() >= retryAt) open()
    tell()
  }, 500)
  open()
  return () => {
    over = true
    clearInterval(timer)
    source.close()
  }
}
