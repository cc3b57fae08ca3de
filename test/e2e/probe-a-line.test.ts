import { spawn } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { type TcpRig, startTcpRig } from '../../hil/rig/tcp-interface.ts'
import { startTrueLine } from '../../hil/rig/true-line.ts'
import { Twin, families } from '../../hil/twins/breaker.ts'

const main = join(import.meta.dirname, '../../src/main.ts')
const probe = (...args: string[]) =>
  new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    const child = spawn(process.execPath, [main, 'probe', ...args])
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')))
    child.on('exit', (code) => resolve({ code, out, err }))
  })

t.test('the rate of a line and its breakers are found, with a block for the configuration, and nothing is written', async (t) => {
  const line = await startTrueLine({ baud: 9600, deviceDelayMs: 5, addresses: [2, 5] })
  t.teardown(() => line.close())
  const { code, out, err } = await probe(line.path, '--units', '1-5', '--timeout', '100ms')
  t.equal(code, 0, err)
  t.match(out, `[[bus]]\nname = "found"\nport = "${line.path}"\nbaud = 9600\nformat = "8E1"\n`)
  t.match(
    out,
    /# unit 2: Schneider Electric ComPacT NSX250 V1\.0\n\[\[breaker\]\]\nname = "B2"\nunit = 2\nbus = "found"\naddress = 2\nprofile = "nsx-bscm"/,
  )
  t.match(out, /address = 5/)
  t.notMatch(out, /address = [134]\n/)
  t.match(line.counts(), { gapViolations: 0, collisions: 0 })
})

t.test('on a line on which somebody talks already the probe says nothing', async (t) => {
  const line = await startTrueLine({ baud: 19200, deviceDelayMs: 5, addresses: [1], chatter: true })
  t.teardown(() => line.close())
  const { code, err } = await probe(line.path, '--units', '1', '--timeout', '50ms')
  t.equal(code, 1)
  t.match(err, /somebody is talking/)
  t.equal(line.counts().frames, 0)
})

t.test('behind an interface on Ethernet its units are found', async (t) => {
  const twin = new Twin({ name: 'Q4', family: families.mtz, closed: true, load: 230, moving: false })
  const rig = await startTcpRig('eth', new Map([[4, twin]]), { path: '', write: () => undefined })
  t.teardown(() => rig.close())
  const { code, out, err } = await probe(`127.0.0.1:${rig.port}`, '--units', '3-5', '--timeout', '60ms')
  t.equal(code, 0, err)
  t.match(out, `address = "127.0.0.1:${rig.port}"`)
  t.match(out, /address = 4\nprofile = "mtz-micrologic-x"/)
})

/** An interface with one breaker at unit 4 and a habit; probed with `args`. */
async function probeInterface(t: { teardown(run: () => Promise<void>): void }, habit: Partial<TcpRig>, ...args: string[]) {
  const twin = new Twin({ name: 'Q4', family: families.mtz, closed: true, load: 230, moving: false })
  const rig = await startTcpRig('eth', new Map([[4, twin]]), { path: '', write: () => undefined })
  Object.assign(rig, habit)
  t.teardown(() => rig.close())
  return { place: `127.0.0.1:${rig.port}`, ...(await probe(`127.0.0.1:${rig.port}`, ...args)) }
}

t.test('an interface that ends the connection after each answer is asked on, on its next connection', async (t) => {
  const { code, out, err } = await probeInterface(t, { closing: 'after-answer' }, '--units', '3-5', '--timeout', '200ms')
  t.equal(code, 0, err)
  t.match(out, /# unit 4: Schneider Electric MasterPacT MTZ2[^]*address = 4\nprofile = "mtz-micrologic-x"/)
})

t.test('one unit behind many addresses that nobody has is found, though three time-outs in a row end the connection', async (t) => {
  const { code, out, err } = await probeInterface(t, {}, '--units', '20-26,4', '--timeout', '30ms')
  t.equal(code, 0, err)
  t.match(out, /address = 4\n/)
})

t.test(
  'what answers, but not as what was asked, is told as what it is, and silence on Ethernet is not told as swapped wires',
  async (t) => {
    const table: readonly (readonly [habit: Partial<TcpRig>, why: RegExp, hint: RegExp])[] = [
      [{ repliesAs: 255 }, /something answered as unit 255 where unit 4 was asked/, /--units 255/],
      [{ repliesAs: 0 }, /something answered as unit 0 where unit 4 was asked/, /writes unit 0 into its replies/],
      [
        { transactionShift: 1000 },
        /something answered as unit 4 with a transaction id that was never sent/,
        /does not return transaction ids/,
      ],
      [{ replyDelayMs: 450 }, /unit 4 answered after its time-out/, /--timeout 3s/],
      [{ closing: 'at-once' }, /takes connections and closes them without an answer/, /connections taken by other clients/],
      [{ mute: true }, /nobody answers on/, /is the unit id outside --units/],
    ]
    for (const [habit, why, hint] of table) {
      const { code, out, err } = await probeInterface(t, habit, '--units', '4-5', '--timeout', '300ms')
      t.equal(code, 1, `${out}${err}`)
      t.match(err, why)
      t.match(err, hint)
      t.notMatch(err, /A\/B/)
      if (!('mute' in habit)) t.notMatch(err, /nobody answers/)
    }
  },
)

t.test('wrong words and a port that is not there are said in words', async (t) => {
  t.match(await probe('/dev/not-there', '--units', '1'), { code: 1, err: /\/dev\/not-there cannot be used/ })
  t.match(await probe('/dev/x', '--units', '0-3'), { code: 2, err: /"0-3" is not a list of unit ids/ })
  t.match(await probe('/dev/x', '--baud', '19201'), { code: 2, err: /the rates are 1200, 2400/ })
  t.match(await probe('/dev/x', '--format', '7E1'), { code: 2, err: /the formats are 8E1/ })
  t.match(await probe('/dev/x', '--timeout', '1h'), { code: 2, err: /20ms to 5s/ })
})
