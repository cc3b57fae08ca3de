/**
 * What `npm run test:fast` leaves to `npm test`, and why. A pattern of `node:path`'s matchesGlob, from the root of the project.
 */
export const slowTests: Readonly<Record<string, 'whole gateway' | 'browser' | 'receiver' | 'real time' | 'many files' | 'exhaustive'>> = {
  'test/e2e/*.test.ts': 'whole gateway',
  'test/main.test.ts': 'whole gateway',
  'test/admin/cli/**/label.test.ts': 'browser',
  'test/admin/offline/check-opens-what-it-names.test.ts': 'many files',
  'test/bus/port-serial.test.ts': 'real time',
  'test/gateway/**/*interleavings.test.ts': 'exhaustive',
  'test/identity/authority.test.ts': 'many files',
  'test/identity/people.test.ts': 'real time',
  'test/identity/pki-corpus.test.ts': 'many files',
  'test/journal/power-cut.test.ts': 'real time',
  'test/journal/replace.test.ts': 'many files',
  'test/journal/retention.test.ts': 'many files',
  'test/journal/states.test.ts': 'many files',
  'test/journal/verify.test.ts': 'many files',
  'test/journal/verify-without-key.test.ts': 'many files',
  'test/scripts/receivers.test.ts': 'receiver',
  'test/sim/seeds.test.ts': 'exhaustive',
  'test/syslog/confirmed.test.ts': 'receiver',
  'test/syslog/rsyslog.test.ts': 'receiver',
}
