import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { postJson } from './api.ts'
import type { DemoPaths } from './prepare.ts'

/** The two people of the demo, with passwords by chance: one who manages the users, and the field tech at the switchboard. */
const passwordFile = (paths: DemoPaths, name: string): string => join(paths.state, `${name}.password`)
const newPassword = (): string => randomBytes(12).toString('base64url')

type LoggedIn = { readonly token: string }
const login = async (paths: DemoPaths, name: string, password: string): Promise<string> =>
  ((await postJson(paths.api, '/v1/login', { name, password })) as LoggedIn).token

/** Sets them up as people do: the first with the code that the gateway has told, the other by the first. Later starts find them there. */
export async function preparePeople(paths: DemoPaths, setUpCode: string | undefined): Promise<string> {
  const adminFile = passwordFile(paths, 'admin')
  if (setUpCode !== undefined) {
    const password = newPassword()
    writeFileSync(adminFile, `${password}\n`, { mode: 0o600 })
    await postJson(paths.api, '/v1/setup', { code: setUpCode, name: 'admin', password })
  }
  if (!existsSync(adminFile)) throw new Error(`the users of an earlier demo are there, their passwords are not: remove ${paths.state}`)
  const token = await login(paths, 'admin', readFileSync(adminFile, 'utf8').trim())
  if (setUpCode !== undefined) {
    const made = (await postJson(paths.api, '/v1/users', { name: 'tech', role: 'FieldTech' }, token)) as { readonly password: string }
    const password = newPassword()
    writeFileSync(passwordFile(paths, 'tech'), `${password}\n`, { mode: 0o600 })
    const first = await login(paths, 'tech', made.password)
    await postJson(paths.api, '/v1/me/password', { old: made.password, fresh: password }, first)
    await postJson(paths.api, '/v1/logout', {}, first)
  }
  return token
}
