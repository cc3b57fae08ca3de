import fc from 'fast-check'
import t from 'tap'
import { classify, describeOperation } from '../../src/breakers/index.ts'
import { profileFolder, profileNames } from '../../src/config/index.ts'
import type { Request } from '../../src/modbus/index.ts'
import { anyRequest } from '../support/any-modbus.ts'
import { commandOf, many, pdu, profileOf, read, single } from '../support/requests.ts'

const classOf = (request: Request, profile: string): string => classify(request, profileOf(profile)).class
const words = (request: Request, profile = 'nsx-bscm'): string => describeOperation(classify(request, profileOf(profile)), 'Q1')

t.test('the access tables of the guide: what each family lets a remote client do has its class here [S-13]', (t) => {
  const open = (destination: number) => commandOf(904, 10, destination, 1)
  const close = (destination: number) => commandOf(905, 10, destination, 1)
  const reset = commandOf(906, 10, 4353, 1)
  const bcm = [
    ['data monitoring', read(12000, 113), 'monitor'],
    ['protection settings', many(807, [1, 0, 0, 0, 0, 0]), 'protection-setting'],
    ['protection settings', single(9629, 1), 'protection-setting'],
    ['other settings', single(663, 0), 'other-setting'],
    ['other settings', commandOf(46728, 12, 4609, 1, [1]), 'other-setting'],
    ['open', open(4609), 'control'],
    ['close', close(4609), 'control'],
    ['reset', commandOf(906, 10, 4609, 1), 'unknown'],
  ] as const
  const nsx = [
    ['data monitoring', read(12000, 113), 'monitor'],
    ['protection settings', commandOf(45192, 18, 5121, 1, [400, 16000, 5, 1]), 'protection-setting'],
    ['other settings', commandOf(46472, 12, 5121, 1, [1]), 'other-setting'],
    ['open', open(4353), 'control'],
    ['close', close(4353), 'control'],
    ['reset', reset, 'control'],
  ] as const
  const tables: Readonly<Record<string, readonly (readonly [string, Request, string])[]>> = {
    'mtz-micrologic-x': [
      ['data monitoring', read(32000, 125), 'monitor'],
      ['data monitoring', commandOf(49025, 14, 5377, 0, [0xffff, 0xffff]), 'monitor'],
      ['protection settings', commandOf(51593, 26, 5377, 1), 'protection-setting'],
      ['protection settings', commandOf(45704, 12, 5377, 1), 'protection-setting'],
      ['other settings', commandOf(46472, 12, 5377, 1), 'other-setting'],
      ['open', open(5377), 'control'],
      ['close', close(5377), 'control'],
      ['reset', commandOf(906, 10, 5377, 1), 'unknown'], // its list has no reset (DOCA0105EN)
    ],
    // Read only by the guide; open and close, which a later document lists without a password, are control.
    'mtz-micrologic-active': [
      ['data monitoring', read(12000, 113), 'monitor'],
      ['protection settings', commandOf(51593, 26, 4609, 0), 'unknown'],
      ['other settings', commandOf(46472, 12, 4609, 1), 'unknown'],
      ['open', open(4609), 'control'],
      ['close', close(4609), 'control'],
    ],
    'masterpact-nt-nw': bcm,
    'compact-ns': bcm,
    'powerpact-p-r': bcm,
    'nsx-bscm': nsx,
    'nsx-bscm-modbus': nsx,
    'powerpact-h-j-l': nsx,
  }
  for (const [name, rows] of Object.entries(tables))
    for (const [what, request, expected] of rows) t.equal(classOf(request, name), expected, `${name}: ${what}: ${words(request, name)}`)
  t.end()
})

t.test('clock, IO module, interfaces and diagnostics have their classes though their interfaces do not lock them', (t) => {
  const table: readonly (readonly [string, Request, string])[] = [
    ['nsx-bscm', commandOf(769, 18, 768, 0), 'clock'],
    ['nsx-bscm', commandOf(769, 18, 8704, 0), 'clock'],
    ['mtz-micrologic-x', commandOf(769, 18, 8704, 0), 'clock'],
    ['nsx-bscm', pdu('2b1000 001a0b180814 0000'), 'clock'],
    ['mtz-micrologic-active', pdu('2b1000 001a0b180814 0000'), 'unknown'],
    ['nsx-bscm', commandOf(768, 10, 768, 0), 'monitor'],
    ['nsx-bscm', commandOf(1672, 13, 8193, 1, [1, 0x0100]), 'control'],
    ['masterpact-nt-nw', commandOf(41100, 11, 8449, 1, [0x0100]), 'control'],
    ['masterpact-nt-nw', single(14601, 1), 'control'],
    ['masterpact-nt-nw', single(17601, 1), 'control'],
    ['masterpact-nt-nw', many(14600, [0, 1]), 'unknown'],
    ['ife', read(11891), 'monitor'],
    ['ife', single(10242), 'unknown'],
    ['ifm', single(12402), 'unknown'],
    ['nsx-bscm', pdu('08 000a 0000'), 'diagnostic'],
    ['nsx-bscm', pdu('08 0001 0000'), 'diagnostic'],
    ['nsx-bscm', pdu('08 0003 3a00'), 'unknown'],
    ['nsx-bscm', pdu('08 0004 0000'), 'unknown'],
    ['nsx-bscm', pdu('08 000c 0000'), 'monitor'],
    ['nsx-bscm', pdu('18 04de'), 'unknown'],
    ['nsx-bscm', pdu('1509 06 0004 0007 0001 06af'), 'file'],
    ['nsx-bscm', pdu('1407 06 0004 0001 0002'), 'file'],
    ['nsx-bscm', pdu('6406 0401 2edf 2eef'), 'monitor'],
    ['nsx-bscm', pdu('01 0000 0010'), 'monitor'],
    ['nsx-bscm', pdu('05 0000 ff00'), 'unknown'],
    ['nsx-bscm', pdu('11'), 'monitor'],
    ['compact-ns', pdu('16 0326 ffff 0000'), 'protection-setting'],
    ['compact-ns', pdu('16 1f3f ffff 0000'), 'unknown'],
    ['compact-ns', pdu('17 2edf 0002 0326 0001 02 0001'), 'protection-setting'],
    ['compact-ns', pdu('17 2edf 0002 1f3f 0001 02 0388'), 'unknown'],
  ]
  for (const [name, request, expected] of table) t.equal(classOf(request, name), expected, `${name}: ${words(request, name)}`)
  t.end()
})

t.test('anything at the command interface but the exact documented write is unknown [S-14]', (t) => {
  const close = [905, 10, 4353, 1, 0x3030, 0x3030, ...Array<number>(10).fill(0), 0, 8019, 8020, 8021]
  const shapes: readonly Request[] = [
    many(7999, [0, ...close]),
    many(8000, close.slice(0, 19)),
    many(8000, [...close, 0]),
    many(8001, close.slice(1)),
    many(8004, [0x3030, 0x3030]),
    many(7990, Array<number>(11).fill(1)),
    many(8019, [1]),
    single(8000, 905),
    single(8019),
    commandOf(905, 9, 4353, 1),
    commandOf(905, 31, 4353, 1),
    commandOf(905, 12, 4353, 1),
    commandOf(905, 10, 4353, 0),
    commandOf(905, 10, 5377, 1),
    commandOf(49025, 14, 5377, 0),
    pdu(`17 2edf 0002 1f3f 0014 28 ${close.map((n) => n.toString(16).padStart(4, '0')).join('')}`),
  ]
  for (const request of shapes) t.equal(classOf(request, 'nsx-bscm'), 'unknown', words(request))
  t.equal(classOf(many(8000, close), 'nsx-bscm'), 'control', 'and the documented one is not')
  t.end()
})

t.test('a command whose length no document gives is known by its words and still denied', (t) => {
  const request = commandOf(45195, 16, 5121, 1)
  t.equal(classOf(request, 'nsx-bscm'), 'unknown')
  t.match(words(request), /^set ground-fault protection of Q1 .*no document here gives the length of command 45195/)
  t.end()
})

t.test('every operation has words: what it does, to what, with which values', (t) => {
  const table: readonly (readonly [Request, string, string])[] = [
    [commandOf(905, 10, 4353, 1), 'nsx-bscm', 'close circuit breaker Q1'],
    [
      commandOf(45192, 18, 5121, 1, [400, 16000, 5, 1]),
      'nsx-bscm',
      'set long-time pick-up Ir = 400 A, delay tr = 16000 ms, motor class = 5, cool fan = auto on Q1',
    ],
    [commandOf(45193, 16, 5121, 1, [50, 7, 1]), 'nsx-bscm', 'set short-time pick-up Isd coefficient = 5 x Ir on Q1 (8007 = 7, 8008 = 1)'],
    [commandOf(910, 13, 4609, 1, [1, 256]), 'compact-ns', 'inhibit the close order of circuit breaker Q1 (8007 = 256)'],
    [commandOf(1672, 13, 8193, 1, [2, 0x0100]), 'nsx-bscm', 'switch output 2 of the IO module of Q1 on'],
    [commandOf(769, 18, 768, 0, [0x0b18, 0x1a08, 0x0e05, 123]), 'nsx-bscm', 'set the clock of Q1 to 2026-11-24 08:14:05.123'],
    [pdu('2b1000 000a0b020e200dac'), 'nsx-bscm', 'set the clock of Q1 to 2010-11-02 14:32:03.500'],
    [
      commandOf(51593, 26, 5377, 1, [0, 7, 1, 0xffff, 0x43c8, 0]),
      'mtz-micrologic-x',
      'set long-time protection of Q1: session = 7, setting group = A (8009 = 65535, 8010 = 17352, 8011 = 0, 8012 = 0, 8013 = 0)',
    ],
    [single(663, 12), 'compact-ns', 'set operation counters of Q1 (register 663 = 12)'],
    [read(12000, 113), 'nsx-bscm', 'read registers 12000 to 12112 of Q1 (common data set: status, currents, voltages, powers, energies)'],
    [pdu('16 0326 ff00 0025'), 'compact-ns', 'mask register 807 of Q1 with AND ff00, OR 0025'],
    [single(100), 'nsx-bscm', 'write register 100 of Q1'],
    [commandOf(999, 10, 4353, 1), 'nsx-bscm', 'command 999 to Q1, which is not in its profile'],
    [pdu('08 000a 0000'), 'nsx-bscm', 'clear counters and the diagnostic register of Q1 (8/10)'],
  ]
  for (const [request, profile, expected] of table) t.equal(words(request, profile), expected)
  t.end()
})

t.test('whatever is asked of whatever device has words, and a password in it is gone [S-14]', (t) => {
  const names = profileNames([profileFolder])
  fc.assert(
    fc.property(anyRequest, fc.constantFrom(...names), (request, name) => {
      const operation = classify(request, profileOf(name))
      return !describeOperation(operation, 'Q1').includes('{') && operation.words.includes('{breaker}')
    }),
    { numRuns: 300 },
  )
  const operation = classify(commandOf(904, 10, 4353, 1), profileOf('nsx-bscm'))
  t.match(operation.request, { values: [904, 10, 4353, 1, 0, 0] })
  t.notMatch(JSON.stringify(operation.request), /23153|22647/) // 0x5a71, 0x5877
  t.end()
})

t.test('a command that sets a password says so, and not which', (t) => {
  const known = profileOf('nsx-bscm')
  const [first] = known.commands
  if (first === undefined) return t.fail('no command')
  const set = { ...first, code: 61_000, class: 'password', words: 'set {parameters} of {breaker} {8006}', lengths: [14] } as const
  const { words } = classify(commandOf(61_000, 14, first.destinations[0] ?? 0, first.security, [0x4142, 0x4344]), {
    ...known,
    commands: [set],
  })
  t.equal(words, 'set the password of {breaker} …')
  return t.end()
})

t.test('a generic device can be read, and nothing else', (t) => {
  fc.assert(
    fc.property(anyRequest, (request) => {
      const { class: found } = classify(request, profileOf('generic'))
      const reads = /^read-(coils|discrete|holding|input|scattered|device|date|exception)|^get-|^report-/.test(request.kind)
      const looks = request.kind === 'diagnostics' && ![1, 3, 4, 10, 20].includes(request.subFunction) && request.data.length <= 2
      return reads || looks ? found === 'monitor' : found === 'unknown' || found === 'file'
    }),
    { numRuns: 500 },
  )
  t.end()
})

t.test('an echo is one word: no more bytes of a client reach a line without a right [S-13]', (t) => {
  for (const name of ['nsx-bscm', 'mtz-micrologic-x', 'generic']) {
    const profile = profileOf(name)
    t.equal(classify(pdu('08 0000 a537'), profile).class, 'monitor', name)
    for (let bytes = 4; bytes <= 250; bytes += 2) {
      const operation = classify(pdu(`08 0000 ${'a5'.repeat(bytes)}`), profile)
      if (operation.class !== 'unknown') t.fail(`${name}: ${bytes} bytes are ${operation.class}`)
    }
  }
  const [nsx, mtz] = [profileOf('nsx-bscm'), profileOf('mtz-micrologic-x')]
  t.equal(classify(commandOf(768, 10, 768, 0), nsx).class, 'monitor')
  t.equal(classify(commandOf(768, 10, 768, 0, [1]), nsx).class, 'unknown', 'values behind the length of a command that reads')
  t.equal(classify(commandOf(49025, 14, 5377, 0, [0xffff, 0xffff]), mtz).class, 'monitor')
  t.equal(classify(commandOf(49025, 14, 5377, 0, [0xffff, 0xffff, 1]), mtz).class, 'unknown')
  t.end()
})
