import t from 'tap'
import { commonPasswords } from '../../src/identity/people/common-passwords.ts'
import { checkNewPassword, checkNewPin } from '../../src/identity/people/password-rules.ts'
import { rows } from '../support/cases.ts'

t.test('a new password is long, nobody’s name, no row of keys and none of the commonest [S-15] [CR 1.7]', async (t) => {
  const isCommon = await commonPasswords()
  const table = `
    password                        | verdict
    correct horse battery           | fine
    Zwölf Enten am Teich            | fine
    tk7-vbq2-xw9m                   | fine
    short7!                         | at least 12
    12345678901                     | at least 12
    ana-sits-at-home                | name of its user
    xxANAxx-something               | name of its user
    123456789012                    | row of keys
    qwertyuiop123456                | row of keys
    987654321098                    | row of keys
    abcabcabcabcabc                 | fewer than five
    tango7tango7tango7              | again and again
    aaaaaaaaaaaaaaaa                | fewer than five
    password1234!                   | commonest
    P@ssw0rd2024!!                  | commonest
    Masterpact2026                  | commonest
    breakwall-1234                  | commonest
    unbelievable                    | commonest
  `
  for (const { cells, expected, text } of rows(table)) {
    const said = checkNewPassword(cells[0] ?? '', { shortest: 12, user: 'ana', isCommon })
    t.ok(said.includes(expected), `${text} -> ${said}`)
  }
  t.match(checkNewPassword(`ok${'x1y2z'.repeat(60)}`, { shortest: 12, user: 'ana', isCommon }), /more than 256/)
  t.match(checkNewPassword('line\nbreak in it', { shortest: 12, user: 'ana', isCommon }), /control characters/)
  t.equal(checkNewPassword('correct horse', { shortest: 10, user: 'x', isCommon }), 'fine', 'a name of one letter is in every password')
})

t.test('a PIN is six digits that nobody tries first [S-24]', (t) => {
  const table = `
    pin      | verdict
    739154   | fine
    802957   | fine
    12345    | six digits
    1234567  | six digits
    12345a   | six digits
    111111   | repeats one or two
    121212   | repeats one or two
    112211   | repeats one or two
    123123   | repeats itself
    123456   | counts
    654321   | counts
    890123   | counts
    246802   | counts
    123321   | backwards
    115599   | three pairs
    311299   | date
    123199   | date
    991231   | date
    198407   | date
    071984   | date
  `
  for (const { cells, expected, text } of rows(table))
    t.ok(checkNewPin(cells[0] ?? '').includes(expected), `${text} -> ${checkNewPin(cells[0] ?? '')}`)
  t.end()
})
