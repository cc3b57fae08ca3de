import { MINUTE, toMilliseconds } from './duration.ts'
import { must } from './must.ts'
import type { SiteFile } from './schema.ts'
import type { Path } from './toml.ts'

type Warn = (path: Path, text: string) => void

/** What SCADA drivers wait for an answer by default: 1 to 3 s. Beyond the longest of them nobody waits any more, milliseconds. */
const CLIENTS_WAIT_MS = 3000
/** An operation that waited longer than this for its turn surprises the person who asked for it, milliseconds. */
const SURPRISE_MS = 5000
/** What a sink in order may take: a confirmation that comes late (30 s), a new connection (10 s) and the pause before it (30 s). */
const SINK_IN_ORDER_MS = 70_000
/** Passwords and PINs that end within this are reported as ending (`password-expiring`, `pin-expiring`), milliseconds. */
const REMINDED_MS = 14 * 24 * 60 * MINUTE
const DAY_MINUTES = 24 * 60

/** Times that are each allowed and contradict each other. Each warning says what follows, and what to do. */
export function checkTimes(site: SiteFile, warn: Warn): void {
  site.bus.forEach((bus, i) => checkBus(bus, ['bus', i], warn))
  site.listener.forEach((listener, i) => {
    const { connections, 'connections-per-address': each, name } = listener
    if (each > connections && connections > 1)
      warn(
        ['listener', i, 'connections-per-address'],
        `listener "${name}": connections-per-address ${each} is more than connections ${connections}: one address can keep all others out, lower it`,
      )
  })
  site.sink.forEach((sink, i) => {
    if (ms(sink['behind-after']) < SINK_IN_ORDER_MS)
      warn(
        ['sink', i, 'behind-after'],
        `sink "${sink.name}": behind-after "${sink['behind-after']}" is less than a sink in order may take ` +
          `(${SINK_IN_ORDER_MS / 1000} s): it will be reported as behind when nothing is wrong, write "2m" or more`,
      )
  })
  checkPeople(site.people, warn)
  checkShifts(site.locks, warn)
}

const ms = (text: string): number => must(toMilliseconds(text))

function checkBus(bus: SiteFile['bus'][number], path: Path, warn: Warn): void {
  const { 'reply-timeout': reply, 'longest-wait': wait, 'read-retries': retries, name } = bus
  const asked = ms(reply) * (1 + retries)
  const tries = retries === 0 ? `reply-timeout "${reply}"` : `reply-timeout "${reply}" times ${1 + retries} tries`
  if (ms(reply) >= ms(wait))
    warn(
      [...path, 'reply-timeout'],
      `bus "${name}": reply-timeout "${reply}" is not below longest-wait "${wait}": while one device does not answer, every request ` +
        'behind it gives up unsent; make longest-wait longer, or reply-timeout shorter',
    )
  else if (asked >= ms(wait))
    warn(
      [...path, 'reply-timeout'],
      `bus "${name}": ${tries} is not below longest-wait "${wait}": while one device does not answer a read, every request ` +
        'behind it gives up unsent; make longest-wait longer, reply-timeout shorter, or read-retries fewer',
    )
  if (asked > CLIENTS_WAIT_MS)
    warn(
      [...path, 'reply-timeout'],
      `bus "${name}": ${tries} is more than most clients wait (1 to 3 s): they see a time-out in place of exception 0B; ` +
        'make it shorter, or give each client a longer time-out than this',
    )
  if (ms(wait) > SURPRISE_MS)
    warn(
      [...path, 'longest-wait'],
      `bus "${name}": longest-wait "${wait}": an operation may be sent so long after it was asked for, when its client has long reported ` +
        `that it failed; make it ${SURPRISE_MS / 1000}s or less`,
    )
}

function checkPeople(people: SiteFile['people'], warn: Warn): void {
  const { 'minimum-inactivity-period': idle, 'session-life': life, sessions } = people
  if (ms(idle) >= ms(life))
    warn(
      ['people', 'minimum-inactivity-period'],
      `minimum-inactivity-period "${idle}" is not below session-life "${life}": no session ever ends for want of use, make it shorter`,
    )
  for (const [key, what] of [
    ['password-maximum-age', 'passwords'],
    ['pin-maximum-age', 'PINs'],
  ] as const)
    if (people[key] !== 'off' && ms(people[key]) <= REMINDED_MS)
      warn(
        ['people', key],
        `${key} "${people[key]}": ${what} are reported as ending 14 days before, so every new one is; make it longer, or "off"`,
      )
  if (people['sessions-per-user'] > sessions)
    warn(
      ['people', 'sessions-per-user'],
      `sessions-per-user ${people['sessions-per-user']} is more than sessions ${sessions}: one user can keep all others out, lower it`,
    )
}

/** "Until the end of the shift" is offered only where the longest unlock reaches it. */
function checkShifts(locks: SiteFile['locks'], warn: Warn): void {
  const ends = locks['shift-ends'].map((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))).sort((a, b) => a - b)
  const gaps = ends.map((end, i) => (i === 0 ? end - (ends.at(-1) ?? 0) + DAY_MINUTES : end - (ends[i - 1] ?? 0)))
  const longest = Math.max(0, ...gaps)
  if (longest * MINUTE > ms(locks['longest-unlock']))
    warn(
      ['locks', 'shift-ends'],
      `shifts of up to ${longest / 60} h are longer than longest-unlock "${locks['longest-unlock']}": "until the end of the shift" is ` +
        'refused at their beginning; make longest-unlock longer, or name more ends',
    )
}
