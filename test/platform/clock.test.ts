import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
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

/** The event loop does nothing else meanwhile, as if the process were stopped. */
function holdUp(ms: number): void {
  const until = realClock.now() + ms
  while (realClock.now() < until);
}

t.test('a deadline that fires late first lets in what has arrived; one on time only what is there already [CR 7.1]', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const accepted = once(server, 'connection')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  const [peer] = (await accepted) as [Socket]
  t.teardown(() => peer.destroy())
  for (const heldUpMs of [0, 5, 50, 300]) {
    const order: string[] = []
    const read = once(socket, 'data').then(() => order.push('read'))
    const judged = new Promise<void>((resolve) => {
      realClock.deadline(20, () => {
        order.push('judged')
        resolve()
      })
    })
    // Written by the process itself, the bytes are at the other end before this returns; nobody has read them.
    realClock.after(19, () => {
      peer.write('x')
      holdUp(heldUpMs)
    })
    await Promise.all([read, judged])
    t.same(order, ['read', 'judged'], `held up for ${heldUpMs} ms`)
  }
  let ran = false
  const cancel = realClock.deadline(5, () => (ran = true))
  realClock.after(0, () => {
    holdUp(100)
    realClock.after(10, cancel)
  })
  await new Promise<void>((resolve) => void realClock.after(200, resolve))
  t.equal(ran, false, 'a cancelled one never comes, also while it waits')
})
