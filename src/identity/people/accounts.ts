import { createHash, timingSafeEqual } from 'node:crypto'
import { mayManage } from '../../policy/index.ts'
import { readableSecret } from '../readable-secret.ts'
import { type By, type Context, type Done, type Refused, change, patched, refused, wallMs } from './context.ts'
import { historyAfter, newPassword, pinsOf } from './secrets.ts'
import { type User, nameIsFine, sameName } from './user.ts'

export type WithPassword = { readonly kind: 'created'; readonly name: string; readonly role: string; readonly password: string }
export type SetUp = { readonly kind: 'set-up'; readonly name: string; readonly role: string }

const lastOne = refused('this is the last user who may manage users', 'create another one first')

/** The users, as whoever manages them sees and changes them. */
export class Accounts {
  readonly #context: Context
  #setUpCode = { hash: '', tries: 0 }

  constructor(context: Context) {
    this.#context = context
  }

  /** True while there are no users. A file that cannot be read is not an empty one. */
  needsSetUp(): boolean {
    const { store } = this.#context
    return store.state.kind === 'open' && store.people().users.length === 0
  }

  /** The code that makes the first user, once: it is told to the console of the service, and kept as a hash. */
  newSetUpCode(): string {
    const code = readableSecret(3, this.#context.random)
    this.#setUpCode = { hash: createHash('sha256').update(code).digest('hex'), tries: 0 }
    return code
  }

  /** The first user of all: whoever can read the console of the service. */
  setUp(code: string, name: string, password: string, source: string): Promise<Refused | SetUp> {
    return this.#inTurn(() => this.#setUpNow(code, name, password, source))
  }

  async #setUpNow(code: string, name: string, password: string, source: string): Promise<Refused | SetUp> {
    const { store, rights } = this.#context
    const { hash, tries } = this.#setUpCode
    if (store.people().users.length > 0 || hash === '')
      return refused('this gateway is set up already', 'breakwall login; whoever manages the users can create one')
    const given = Buffer.from(createHash('sha256').update(code.trim().toLowerCase()).digest('hex'))
    this.#setUpCode = { hash, tries: tries + 1 }
    if (tries >= 10) return refused('the code was wrong too often', 'restart the gateway: it tells a new one')
    if (!timingSafeEqual(given, Buffer.from(hash)))
      return refused('this is not the set-up code', 'it stands in the log of the service: journalctl -u breakwall')
    const role =
      rights().get('SecurityAdmin')?.manage.has('users') === true
        ? 'SecurityAdmin'
        : [...rights()].find(([, { manage }]) => manage.has('users'))?.[0]
    if (role === undefined) return refused('no role may manage users', 'add [roles.SecurityAdmin] to the configuration')
    const created = await this.#create(name, role, password, false, { name, source })
    if (created.kind === 'refused') return created
    this.#setUpCode = { hash: '', tries: 0 }
    return { kind: 'set-up', name, role }
  }

  list(): readonly User[] {
    return this.#context.store.people().users
  }

  create(name: string, role: string, by: By): Promise<Refused | WithPassword> {
    return this.#inTurn(() => this.#createNow(name, role, by))
  }

  async #createNow(name: string, role: string, by: By): Promise<Refused | WithPassword> {
    const password = readableSecret(4, this.#context.random)
    const created = await this.#create(name, role, password, true, by)
    return created.kind === 'refused' ? created : { kind: 'created', name, role, password }
  }

  setRole(name: string, role: string, by: By): Promise<Refused | Done> {
    return this.#inTurn(() => this.#setRoleNow(name, role, by))
  }

  async #setRoleNow(name: string, role: string, by: By): Promise<Refused | Done> {
    const { rights } = this.#context
    const user = this.#find(name)
    if ('kind' in user) return user
    const unknown = this.#unknownRole(role)
    if (unknown !== undefined) return unknown
    if (this.#isLast(user) && !mayManage(rights(), role, 'users', '')) return lastOne
    return this.#changed(user, (one) => ({ ...one, role }), by, `role ${user.role} → ${role}`)
  }

  disable(name: string, by: By): Promise<Refused | Done> {
    return this.#inTurn(() => this.#disableNow(name, by))
  }

  async #disableNow(name: string, by: By): Promise<Refused | Done> {
    const { sessions } = this.#context
    const user = this.#find(name)
    if ('kind' in user) return user
    if (this.#isLast(user)) return lastOne
    const fields = { subject: by.name, source: by.source, user: user.name }
    const written = await change(this.#context, 'user-disabled', fields, (people) =>
      patched(people, user.id, (one) => ({ ...one, state: 'disabled' })),
    )
    if (written.kind === 'done') sessions.endAllOf(user.name)
    return written
  }

  enable(name: string, by: By): Promise<Refused | Done> {
    return this.#inTurn(() => this.#enableNow(name, by))
  }

  async #enableNow(name: string, by: By): Promise<Refused | Done> {
    const user = this.#find(name)
    return 'kind' in user ? user : this.#changed(user, (one) => ({ ...one, state: 'active' }), by, 'enabled')
  }

  /** A new first password; second factors go too, since who forgot one has lost the other. */
  reset(name: string, by: By): Promise<Refused | WithPassword> {
    return this.#inTurn(() => this.#resetNow(name, by))
  }

  async #resetNow(name: string, by: By): Promise<Refused | WithPassword> {
    const { sessions } = this.#context
    const user = this.#find(name)
    if ('kind' in user) return user
    const password = readableSecret(4, this.#context.random)
    const hash = await this.#firstHash(password)
    if (typeof hash !== 'string') return hash
    const { passwordHistory } = this.#context.settings()
    const history = historyAfter(user.password, passwordHistory)
    const formerPins = pinsOf(user).slice(0, passwordHistory + 1)
    const fresh = { hash, setMs: wallMs(this.#context), mustChange: true, history }
    const fields = { subject: by.name, source: by.source, user: user.name }
    const written = await change(this.#context, 'password-reset', fields, (people) =>
      patched(people, user.id, (one) => ({ ...one, totp: 'none', passkeys: [], pin: 'none', formerPins, password: fresh })),
    )
    if (written.kind === 'refused') return written
    sessions.endAllOf(user.name)
    return { kind: 'created', name: user.name, role: user.role, password }
  }

  remove(name: string, by: By): Promise<Refused | Done> {
    return this.#inTurn(() => this.#removeNow(name, by))
  }

  async #removeNow(name: string, by: By): Promise<Refused | Done> {
    const { sessions } = this.#context
    const user = this.#find(name)
    if ('kind' in user) return user
    if (this.#isLast(user)) return lastOne
    const fields = { subject: by.name, source: by.source, user: user.name }
    const written = await change(this.#context, 'user-deleted', fields, (people) => ({
      ...people,
      users: people.users.filter(({ id }) => id !== user.id),
    }))
    if (written.kind === 'done') sessions.endAllOf(user.name)
    return written
  }

  async #firstHash(password: string): Promise<string | Refused> {
    const made = await this.#context.hasher.make(password)
    return made === 'busy' ? refused('too many log-ins at a time', 'try again in a moment') : made.text
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#context.store.inTurn(work)
  }

  #manages(user: User): boolean {
    return user.state === 'active' && mayManage(this.#context.rights(), user.role, 'users', '')
  }

  #isLast(user: User): boolean {
    const { users } = this.#context.store.people()
    return this.#manages(user) && !users.some((other) => other.id !== user.id && this.#manages(other))
  }

  #find(name: string): User | Refused {
    return this.#context.store.user(name) ?? refused(`there is no user "${name}"`, 'breakwall user list')
  }

  #unknownRole(role: string): Refused | undefined {
    const rights = this.#context.rights()
    return rights.has(role) ? undefined : refused(`there is no role "${role}"`, `the roles are ${[...rights.keys()].join(', ')}`)
  }

  async #create(name: string, role: string, password: string, mustChange: boolean, by: By): Promise<Refused | Done> {
    const { store, random } = this.#context
    if (store.state.kind === 'closed') return refused(`the users cannot be read: ${store.state.why}`, 'bring the key or the file back')
    if (!nameIsFine(name))
      return refused(`"${name}" cannot be the name of a user`, '2 to 32 letters, digits, dots, - and _, a letter first')
    const unknown = this.#unknownRole(role)
    if (unknown !== undefined) return unknown
    const { users, services } = store.people()
    if (users.some((user) => sameName(user.name, name)) || services.some((service) => sameName(service.name, name)))
      return refused(`"${name}" is there already`, 'take another name')
    const hash = mustChange ? await this.#firstHash(password) : await newPassword(password, name, this.#context)
    if (typeof hash !== 'string') return hash
    const created: User = {
      id: random.uuid(),
      name,
      role,
      state: 'active',
      createdMs: wallMs(this.#context),
      lastLoginMs: 'never',
      password: { hash, setMs: wallMs(this.#context), mustChange, history: [] },
      totp: 'none',
      passkeys: [],
      pin: 'none',
      formerPins: [],
    }
    const fields = { subject: by.name, source: by.source, user: name, role }
    return change(this.#context, 'user-created', fields, (people) => ({ ...people, users: [...people.users, created] }))
  }

  /** Their sessions end: what they may do is another from now on. */
  async #changed(user: User, patch: (user: User) => User, by: By, words: string): Promise<Refused | Done> {
    const { sessions } = this.#context
    const fields = { subject: by.name, source: by.source, user: user.name, reason: words }
    const written = await change(this.#context, 'user-changed', fields, (people) => patched(people, user.id, patch))
    if (written.kind === 'done') sessions.endAllOf(user.name)
    return written
  }
}
