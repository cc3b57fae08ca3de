import { type By, type Context, type Done, type Refused, change, patched, refused, wallMs } from './context.ts'
import { commonPasswords } from './common-passwords.ts'
import { checkNewPassword, checkNewPin } from './password-rules.ts'
import type { Session } from './sessions.ts'
import { type User, hasSecondFactor } from './user.ts'

const busy = refused('too many log-ins at a time', 'try again in a moment')
const DAY_MS = 24 * 60 * 60_000

type Policy = Pick<Context, 'settings' | 'clock'>

/** Days until a password is too old, or `never`. */
export function passwordDaysLeft({ password }: User, context: Policy): number | 'never' {
  return daysLeft(password.setMs, context.settings().passwordMaximumAgeMs, context)
}

/** Days until a PIN is too old, or `never`; `never` where there is none. */
export function pinDaysLeft({ pin }: User, context: Policy): number | 'never' {
  return pin === 'none' ? 'never' : daysLeft(pin.setMs, context.settings().pinMaximumAgeMs, context)
}

const daysLeft = (setMs: number, maximumAgeMs: number | 'off', context: Policy): number | 'never' =>
  maximumAgeMs === 'off' ? 'never' : Math.ceil((setMs + maximumAgeMs - wallMs(context)) / DAY_MS)

/**
 * The passwords that are not taken again after this one: the `count` latest of the user's own. A first password, which somebody else made,
 * takes no place among them: otherwise a few resets would make room for an old one.
 */
export function historyAfter({ hash, mustChange, history }: User['password'], count: number): readonly string[] {
  return mustChange ? history.slice(0, count) : [hash, ...history].slice(0, count)
}

/** What a user must do before anything else. */
export function pendingOf(user: User, context: Pick<Context, 'settings' | 'clock'>): Session['pending'] {
  const days = passwordDaysLeft(user, context)
  if (user.password.mustChange || (days !== 'never' && days <= 0)) return 'change-password'
  return context.settings().secondFactor.has(user.role) && !hasSecondFactor(user) ? 'second-factor' : 'nothing'
}

/** A hash of a new password that keeps every rule, or which rule it breaks. */
export async function newPassword(
  password: string,
  user: Pick<User, 'name' | 'password'> | string,
  context: Context,
): Promise<string | Refused> {
  const { passwordLength, passwordHistory } = context.settings()
  const name = typeof user === 'string' ? user : user.name
  const rule = checkNewPassword(password, { shortest: passwordLength, user: name, isCommon: await commonPasswords() })
  if (rule !== 'fine')
    return refused(`this password is not taken: ${rule}`, 'four or five words that belong together for you only are good')
  const before = typeof user === 'string' ? [] : [user.password.hash, ...user.password.history.slice(0, passwordHistory)]
  for (const hash of before) {
    const same = await context.hasher.verify(password, hash)
    if (same === 'busy') return busy
    if (same) return refused(`this password was used before: the last ${passwordHistory} are not taken again`, 'take another one')
  }
  const made = await context.hasher.make(password)
  return made === 'busy' ? busy : made.text
}

/** Changes one's own password; every other session of the user ends. */
export async function changePassword(session: Session, old: string, fresh: string, context: Context): Promise<Refused | Done> {
  const { store, hasher, sessions } = context
  const user = store.user(session.user)
  if (user === undefined) return refused('there is no such user any more', 'breakwall login')
  const right = await hasher.verify(old, user.password.hash)
  if (right === 'busy') return busy
  if (!right) return refused('the old password is wrong', 'nothing was changed')
  const hash = await newPassword(fresh, user, context)
  if (typeof hash !== 'string') return hash
  const { passwordHistory } = context.settings()
  const history = historyAfter(user.password, passwordHistory)
  const password = { hash, setMs: wallMs(context), mustChange: false, history }
  const fields = { subject: user.name, source: session.source, reason: 'the own password' }
  const written = await change(context, 'password-changed', fields, (people) => patched(people, user.id, (one) => ({ ...one, password })))
  if (written.kind === 'refused') return written
  sessions.endAllOf(user.name, session.id)
  sessions.setPending(session.id, pendingOf({ ...user, password }, context))
  return written
}

/** Sets one's own PIN, for the panel at the switchboard. */
export async function setPin(session: Session, pin: string, context: Context): Promise<Refused | Done> {
  const { store, hasher } = context
  const user = store.user(session.user)
  if (user === undefined) return refused('there is no such user any more', 'breakwall login')
  const rule = checkNewPin(pin)
  if (rule !== 'fine') return refused(`this PIN is not taken: ${rule}`, 'six digits that nobody would try first')
  const before = pinsOf(user)
  for (const hash of before) {
    const same = await hasher.verify(pin, hash)
    if (same === 'busy') return busy
    if (same) return refused('this PIN was used before', 'take another one')
  }
  const hash = await hasher.make(pin)
  if (hash === 'busy') return busy
  const history = before.slice(0, context.settings().passwordHistory)
  const by: By = { name: user.name, source: session.source }
  return change(context, 'password-changed', { subject: by.name, source: by.source, reason: 'the own PIN' }, (people) =>
    patched(people, user.id, (one) => ({ ...one, pin: { hash: hash.text, setMs: wallMs(context), history }, formerPins: [] })),
  )
}

/** Every PIN of a user that is not taken again, the present one first; a reset takes the PIN away, not what is known of it. */
export const pinsOf = ({ pin, formerPins }: User): readonly string[] =>
  pin === 'none' ? formerPins : [pin.hash, ...pin.history, ...formerPins]
