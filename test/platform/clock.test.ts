import t from 'tap'
import { realClock } from '../../src/platform/index.ts'

t.test(
  'a timer never comes before its time, however busy the process is: who asks whether it has come would else be told no, once',
  async (t) => {
    let busy = true
    const spin = (): void => {
      if (busy) setImmediate(spin)
    }
    spin()
    let early = 0
    for (let i = 0; i < 150; i++) {
      const ms = 3 + (i % 3)
      const since = realClock.now()
      await new Promise<void>((resolve) => void realClock.after(ms, resolve))
      if (realClock.now() - since < ms) early += 1
    }
    busy = false
    t.equal(early, 0)
    let ran = false
    const cancel = realClock.after(1, () => (ran = true))
    cancel()
    await new Promise<void>((resolve) => void realClock.after(10, resolve))
    t.equal(ran, false, 'a cancelled one never comes')
  },
)
