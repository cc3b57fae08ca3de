import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { operationMatrix } from '../support/operation-matrix.ts'

t.test('every command of every family is what it was, for each role, locked and unlocked: npm run generate [S-13] [CR 2.1]', (t) => {
  const matrix = operationMatrix()
  t.equal(matrix, readFileSync(join(import.meta.dirname, '../golden/commands.txt'), 'utf8'))
  const open = matrix.split('\n').filter((line) => line.includes('open circuit breaker'))
  t.ok(open.length >= 8, 'the families that can be opened are in it')
  for (const line of open) {
    const [, , operationClass, operatorLocked, , engineerLocked, engineerUnlocked] = line.split(' | ')
    t.same([operationClass, operatorLocked, engineerLocked, engineerUnlocked], ['control', 'locked', 'role', 'role'], line)
  }
  return t.end()
})
