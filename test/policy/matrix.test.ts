import { execFileSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { operationClasses } from '../../src/breakers/index.ts'
import { accessLevels, accessMatrix, separationOfDuties } from '../../src/policy/index.ts'
import { shippedMatrix, shippedSite } from '../support/access-matrix.ts'

const root = join(import.meta.dirname, '../..')

t.test('the shipped policy, case by case, is the golden matrix [S-04] [S-13] [S-30] [CR 2.1]', (t) => {
  t.equal(
    shippedMatrix(),
    readFileSync(join(root, 'test/golden/access.txt'), 'utf8'),
    'test/golden/access.txt: npm run generate, then review its diff',
  )
  const rows = accessMatrix(shippedSite().rights, 'Q1')
  t.equal(rows.length, (shippedSite().rights.size + 1) * operationClasses.length * accessLevels.length * 4, 'every case is there')
  t.end()
})

t.test('what holds whatever a site makes of its roles', (t) => {
  for (const { role, class: one, level, lock, mode, verdict } of accessMatrix(shippedSite().rights, 'Q1')) {
    if (mode === 'observe') {
      t.ok(one === 'file' ? verdict.startsWith('deny') : verdict.startsWith('allow'), `${role} ${one} is only observed`)
      continue
    }
    const allowed = verdict.startsWith('allow')
    if (level === 'none' || role === 'NULL') t.notOk(allowed, `${role} ${one} ${level}`)
    if (one !== 'monitor' && (lock === 'locked' || level !== 'control')) t.notOk(allowed, `${role} ${one} ${level} ${lock}`)
    if (one === 'file' || one === 'unknown') t.notOk(allowed, `${role} ${one}`)
    if (allowed && one !== 'monitor') t.equal(verdict, 'allow recorded', `${role} ${one}`)
  }
  for (const [role, rights] of shippedSite().rights) t.equal(separationOfDuties(rights), 'kept', role)
  t.end()
})

t.test('the command line prints the same matrix [S-30]', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwall-matrix-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'pki'))
  for (const name of ['gateway.crt', 'gateway.key', 'site-ca.crt', 'site-ca.crl']) writeFileSync(join(folder, 'pki', name), '')
  const file = join(folder, 'breakwall.toml')
  writeFileSync(file, readFileSync(join(root, 'config/breakwall.toml')))
  const printed = execFileSync(process.execPath, [join(root, 'src/main.ts'), 'access', '--matrix', '--config', file], { encoding: 'utf8' })
  const lines = printed.trim().split('\n').slice(2) // behind the names of the breakers and of the columns
  t.equal(`${lines.map((line) => line.split(/ {2,}/).join(' | ')).join('\n')}\n`, shippedMatrix())
  t.end()
})
