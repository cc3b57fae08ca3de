import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { postJson } from './api.ts'

/** Where the set-up code waits for `demo people`, as long as nobody has made the first account. */
export const codeFile = (state: string): string => join(state, 'set-up.code')

/** Keeps the code of a gateway without users; a gateway that has some needs none any more. */
export function keepSetUpCode(state: string, code: string | undefined): void {
  if (code === undefined) rmSync(codeFile(state), { force: true })
  else writeFileSync(codeFile(state), `${code}\n`, { mode: 0o600 })
}

type LoggedIn = { readonly token: string }

/**
 * Makes the two people of the demo, for whoever stays at the terminal: one who manages users, and the field tech at the switchboard.
 * Their passwords, by chance, stand in `admin.password` and `tech.password`. Says what became of it.
 */
export async function makePeople(state: string, api: string): Promise<{ readonly made: boolean; readonly words: string }> {
  const file = codeFile(state)
  if (!existsSync(file)) return { made: false, words: 'there are users already, or no demo runs' }
  const password = (name: string): string => {
    const made = randomBytes(12).toString('base64url')
    writeFileSync(join(state, `${name}.password`), `${made}\n`, { mode: 0o600 })
    return made
  }
  const login = async (name: string, given: string): Promise<string> =>
    ((await postJson(api, '/v1/login', { name, password: given })) as LoggedIn).token
  const admin = password('admin')
  await postJson(api, '/v1/setup', { code: readFileSync(file, 'utf8').trim(), name: 'admin', password: admin })
  rmSync(file)
  const token = await login('admin', admin)
  const first = (await postJson(api, '/v1/users', { name: 'tech', role: 'FieldTech' }, token)) as { readonly password: string }
  const own = password('tech')
  const started = await login('tech', first.password)
  await postJson(api, '/v1/me/password', { old: first.password, fresh: own }, started)
  for (const one of [started, token]) await postJson(api, '/v1/logout', {}, one)
  return { made: true, words: 'admin (SecurityAdmin) and tech (FieldTech); their passwords: .demo/admin.password, .demo/tech.password' }
}
