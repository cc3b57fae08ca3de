import t from 'tap'
import { virtualClock } from '../../hil/sim/virtual-clock.ts'
import { type StartOptions, checkStartOptions, countAttempts } from '../../src/platform/index.ts'

const plain: StartOptions = { execArgv: [], nodeOptions: '', tlsRejectUnauthorized: '', inspectorUrl: undefined }

t.test('a start that could be debugged, loads code or checks no certificates is refused, and says by what [NDR 2.13]', (t) => {
  const refused: readonly [Partial<StartOptions>, RegExp][] = [
    [{ execArgv: ['--inspect'] }, /started with --inspect,/],
    [{ execArgv: ['--enable-source-maps', '--inspect-brk=0.0.0.0:1'] }, /--inspect-brk/],
    [{ execArgv: ['--inspect_wait'] }, /--inspect-wait/],
    [{ execArgv: ['--inspect-port=0'] }, /--inspect-port/],
    [{ execArgv: ['--debug-port=0'] }, /--debug-port/],
    [{ execArgv: ['--tls-keylog=/tmp/keys'] }, /--tls-keylog/],
    [{ nodeOptions: '--inspect=127.0.0.1:0' }, /NODE_OPTIONS has --inspect:/],
    [{ nodeOptions: ' --max-old-space-size=100  --inspect_brk ' }, /--inspect-brk/],
    [{ nodeOptions: '"--require=/tmp/x y.js"' }, /--require/],
    [{ nodeOptions: '-r /tmp/x.js' }, /NODE_OPTIONS has -r:/],
    [{ nodeOptions: '--import /tmp/x.mjs' }, /--import/],
    [{ nodeOptions: '--experimental-loader=/tmp/x.mjs' }, /--experimental-loader/],
    [{ nodeOptions: '--tls-keylog=/tmp/keys' }, /--tls-keylog/],
    [{ nodeOptions: '--heapsnapshot-signal=SIGUSR2' }, /--heapsnapshot-signal/],
    [{ nodeOptions: '--an-option-of-next-year' }, /--an-option-of-next-year/],
    [{ tlsRejectUnauthorized: '0' }, /NODE_TLS_REJECT_UNAUTHORIZED/],
    [{ inspectorUrl: 'ws://127.0.0.1:9229/0b2c' }, /listens on 127\.0\.0\.1:9229/],
  ]
  for (const [options, why] of refused) t.match(checkStartOptions({ ...plain, ...options }), { kind: 'refused', why, hint: /./ })
  const fine: readonly Partial<StartOptions>[] = [
    {},
    { execArgv: ['--disable-sigusr1', '--max-semi-space-size=4', '--no-parallel-scavenge'] },
    { nodeOptions: '--max-old-space-size 300 --disable-warning=ExperimentalWarning --stack-trace-limit=50 --max_semi_space_size=4' },
    { tlsRejectUnauthorized: '1' },
  ]
  for (const options of fine) t.same(checkStartOptions({ ...plain, ...options }), { kind: 'ok' }, JSON.stringify(options))
  t.end()
})

t.test('attempts are counted exactly: the first at once, those of a minute together', (t) => {
  const clock = virtualClock()
  const reports: number[] = []
  const attempts = countAttempts(clock, (count) => reports.push(count))
  attempts.attempted()
  t.same(reports, [1])
  for (let i = 0; i < 500; i++) attempts.attempted()
  clock.advance(59_000)
  t.same(reports, [1])
  clock.advance(1_000)
  t.same(reports, [1, 500])
  clock.advance(600_000)
  t.same(reports, [1, 500], 'no attempt, no report')
  attempts.attempted()
  attempts.attempted()
  attempts.close()
  t.same(reports, [1, 500, 1, 1], 'what is left is reported at the end')
  clock.advance(600_000)
  t.equal(reports.length, 4)
  t.end()
})
