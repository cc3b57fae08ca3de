import { globSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { slowTests } from '../../scripts/slow-tests.ts'
import { type FileEnded, readTap } from '../../scripts/tap-results.ts'

const output = `TAP version 14
# Subtest: test/a.test.ts
    # Subtest: reads
        ok 1 - one
        ok 2 - two # SKIP not here
        1..2
    ok 1 - reads # time=3ms
    # Subtest: writes
        not ok 1 - three
          ---
          at:
            fileName: test/a.test.ts
            lineNumber: 9
          ...
        1..1
    not ok 2 - writes # time=3ms
    # Subtest: never ends
        ok 1 - four
        1..1
    not ok 3 - never ends # time=300ms
    1..3
not ok 1 - test/a.test.ts # time=1500ms
# Subtest: test/b.test.ts
    ok 1 - five
    1..1
ok 2 - test/b.test.ts # time=20ms
# Subtest: test/c.test.ts
    1..0
not ok 3 - test/c.test.ts # time=20ms
1..3
`

t.test('each assertion counts once, each failure is one line, and a test that fails by itself is one too', (t) => {
  for (const size of [output.length, 7]) {
    const files: FileEnded[] = []
    const results = readTap((file) => files.push(file))
    for (let at = 0; at < output.length; at += size) results.write(output.slice(at, at + size))
    const { passed, failed, skipped, failures } = results.end()
    t.same([passed, failed, skipped], [3, 3, 1])
    t.same(failures, ['test/a.test.ts: writes > three > test/a.test.ts:9', 'test/a.test.ts: never ends', 'test/c.test.ts: test/c.test.ts'])
    t.same(
      files.map(({ file, passed: good, failed: bad, ms }) => [file, good, bad, ms]),
      [
        ['test/a.test.ts', 2, 2, 1500],
        ['test/b.test.ts', 1, 0, 20],
        ['test/c.test.ts', 0, 1, 20],
      ],
    )
  }
  t.end()
})

t.test('each pattern of the slow tests still names a test', (t) => {
  const root = join(import.meta.dirname, '../..')
  for (const pattern of Object.keys(slowTests)) t.ok(globSync(pattern, { cwd: root }).length > 0, pattern)
  t.end()
})
