import type { Gateway } from '../../src/gateway/index.ts'
import { call } from './api.ts'
import type { World } from './world.ts'

const PASSWORD = 'correct horse battery'
export type Said = { readonly status: number; readonly value: Readonly<Record<string, unknown>> }
export type Person = (path: string, body?: object) => Promise<Said>

/** People who are logged in on the socket of a world's gateway: each a way to call its API. The first is a SecurityAdmin. */
export async function staffOf(world: World, gateway: Gateway, people: Readonly<Record<string, string>>): Promise<Record<string, Person>> {
  const api = async (path: string, body?: object, token = ''): Promise<Said> =>
    (await call(world.paths.api, path, body, token === '' ? {} : { authorization: `Bearer ${token}` })) as Said
  const login = async (name: string, password: string): Promise<string> =>
    String((await api('/v1/login', { name, password })).value['token'])
  await gateway.people.accounts.setUp(gateway.people.accounts.newSetUpCode(), 'admin', PASSWORD, 'here')
  const admin = await login('admin', PASSWORD)
  const staff: Record<string, Person> = { admin: (path, body) => api(path, body, admin) }
  for (const [name, role] of Object.entries(people)) {
    const made = await api('/v1/users', { name, role }, admin)
    const first = await login(name, String(made.value['password']))
    await api('/v1/me/password', { old: made.value['password'], fresh: PASSWORD }, first)
    staff[name] = (path, body) => api(path, body, first)
  }
  return staff
}
