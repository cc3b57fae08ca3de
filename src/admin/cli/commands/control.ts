import { Option } from 'commander'
import { type GrantView, type JobView, type LearnedView, type MasterLockView, type TagView, grantClasses } from '../../contract/index.ts'
import { call } from '../client.ts'
import { toSeconds } from '../text/duration.ts'
import { type Common, type Parts, type Terminal, print, wrongWords } from '../parts.ts'
import { table } from '../text/table.ts'

const when = (iso: string): string => new Date(iso).toLocaleString('sv-SE').slice(0, 16)
type Why = Common & { reason: string; workOrder: string }

/** `breakwall tag`, `job`, `master-lock`, `grant`, `emergency-open`, `learn`: who may act now, beside the locks. */
export function control(parts: Parts): void {
  tags(parts)
  jobs(parts)
  masterLock(parts)
  grants(parts)
  emergency(parts)
  learn(parts)
}

export const tagLine = ({ id, owner, job, since, reason, workOrder, offeredTo, removalBy, recorded }: TagView): string[] => [
  id,
  owner,
  job,
  when(since),
  [workOrder, reason].filter(Boolean).join(' '),
  [
    offeredTo !== '' ? `offered to ${offeredTo}` : removalBy !== '' ? `${removalBy} asks for a second person to take it off` : '',
    recorded ? '' : 'not recorded yet',
  ]
    .filter((part) => part !== '')
    .join(', '),
]

const tagsText = (all: readonly TagView[]): string =>
  all.length === 0 ? 'no tag hangs' : table([['Tag', 'Owner', 'Job', 'Since', 'Why', ''], ...all.map(tagLine)])

function tags({ group, terminal, finish }: Parts): void {
  const { command } = group('tag', 'personal tags: while one hangs, nobody operates the breaker from afar')
  const post = async (path: string, body: object, { api, json }: Common, words: string): Promise<void> =>
    finish(print(await call<TagView>(terminal.findSocket(api), 'POST', path, body), json, () => words, terminal))
  command('list', 'every tag, with its owner').action(async ({ json, api }: Common) =>
    finish(print(await call<readonly TagView[]>(terminal.findSocket(api), 'GET', '/v1/tags'), json, tagsText, terminal)),
  )
  command('hang <breaker>', 'hang your tag: breakwall tag hang Q1 --reason "seal change"')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--work-order <number>', 'the number of the work order', '')
    .option('--job <name>', 'on a group lock-out that this breaker belongs to', '')
    .action(async (breaker: string, { reason, workOrder, job, ...common }: Why & { job: string }) =>
      post(`/v1/breakers/${encodeURIComponent(breaker)}/tags`, { reason, workOrder, job }, common, `your tag hangs on ${job || breaker}`),
    )
  const act = (name: string, text: string, words: string): void =>
    void command(`${name} <tag>`, text).action(async (id: string, common: Common) =>
      post(`/v1/tags/${encodeURIComponent(id)}`, { action: name }, common, words),
    )
  act('remove', 'take your own tag off', 'taken off')
  act('accept', 'take over a tag that was offered to you', 'it is yours now')
  act('agree-removal', 'as the second person: take off the tag of somebody who is not there', 'taken off; the SOC was told')
  command('ask-removal <tag>', 'ask for the removal of a tag whose owner is not there; a second person has to agree')
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async (id: string, { reason, ...common }: Why) =>
      post(`/v1/tags/${encodeURIComponent(id)}`, { action: 'ask-removal', reason }, common, 'asked; a second person now: agree-removal'),
    )
  command('offer <tag> <user>', 'pass your tag on at a change of shift; it hangs on until the other accepts, and then is theirs').action(
    async (id: string, to: string, common: Common) =>
      post(`/v1/tags/${encodeURIComponent(id)}`, { action: 'offer', to }, common, `offered to ${to}`),
  )
}

const jobsText = (all: readonly JobView[]): string =>
  all.length === 0
    ? 'no lock-out'
    : table([
        ['Job', 'Leader', 'Breakers', 'Since', 'Tags of'],
        ...all.map(({ name, leader, breakers, since, tags: on }) => [
          ...[name, leader, breakers.join(' '), when(since)],
          on.map(({ owner }) => owner).join(', '),
        ]),
      ])

function jobs({ group, terminal, finish }: Parts): void {
  const { command } = group('job', 'group lock-out: one job, many breakers, many people; it ends when all of their tags are off')
  command('list', 'every lock-out').action(async ({ json, api }: Common) =>
    finish(print(await call<readonly JobView[]>(terminal.findSocket(api), 'GET', '/v1/jobs'), json, jobsText, terminal)),
  )
  command('start <name> <breakers...>', 'lock breakers out for one job that you lead')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--work-order <number>', 'the number of the work order', '')
    .action(async (name: string, breakers: string[], { json, api, reason, workOrder }: Why) =>
      finish(
        print(
          await call<readonly JobView[]>(terminal.findSocket(api), 'POST', '/v1/jobs', { name, breakers, reason, workOrder }),
          json,
          jobsText,
          terminal,
        ),
      ),
    )
  command('end <name>', 'end a lock-out that you lead; refused while a tag hangs on it').action(
    async (name: string, { json, api }: Common) =>
      finish(
        print(
          await call(terminal.findSocket(api), 'POST', `/v1/jobs/${encodeURIComponent(name)}/end`, {}),
          json,
          () => `ended: ${name}`,
          terminal,
        ),
      ),
  )
}

function masterLock({ add, terminal, finish }: Parts): void {
  add('master-lock <on|off>', 'the lock of the whole site: while it is on, nothing intrusive passes anywhere')
    .requiredOption('--reason <text>', 'why, for the record')
    .action(async (which: string, { json, api, reason }: Why) => {
      if (which !== 'on' && which !== 'off') return finish(wrongWords(terminal, `"${which}" is neither on nor off`, 'master-lock on'))
      const said = await call<MasterLockView>(terminal.findSocket(api), 'POST', '/v1/master-lock', { on: which === 'on', reason })
      finish(print(said, json, ({ on, by }) => `master lock ${on ? 'ON' : 'off'}, by ${by}`, terminal))
    })
}

const grantsText = (all: readonly GrantView[]): string =>
  all.length === 0
    ? 'no grants'
    : table([
        ['Grant', 'State', 'Client', 'Breaker', 'For', 'Used', 'Until', 'Asked by', 'Why'],
        ...all.map((one) => [
          ...[one.id, one.state, one.client, one.breaker, one.words, `${one.used} of ${one.uses}`, when(one.until), one.askedBy],
          [one.workOrder, one.reason].filter(Boolean).join(' '),
        ]),
      ])

type Ask = Why & {
  class: string
  setting?: string
  also?: readonly string[]
  registers?: string
  values?: string
  uses: string
  for: string
  starts: string
}

function grants({ group, terminal, finish }: Parts): void {
  const { command } = group('grant', 'leave for one client to do one thing: asked for by one person, approved by another')
  command('list', 'requests, grants in force, and the last that are over').action(async ({ json, api }: Common) =>
    finish(print(await call<readonly GrantView[]>(terminal.findSocket(api), 'GET', '/v1/grants'), json, grantsText, terminal)),
  )
  command('ask <client> <breaker>', 'breakwall grant ask engineer-1 Q4 --setting "pick-up Ir" --values 160-400 --for 1h --reason "…"')
    .addOption(new Option('--class <class>', 'the class of operation').choices(grantClasses).default('protection-setting'))
    .option('--setting <words>', 'one setting only, by the words of the profile')
    .option('--also <words=from-to...>', 'other settings that the same command writes, such as "delay tr=8000-16000"')
    .option('--registers <from-to>', 'these registers only, such as 3001-3004')
    .option('--values <from-to>', 'the values that it may be set to, such as 160-400')
    .option('--uses <count>', 'how often, 1 to 100', '1')
    .option('--starts <time>', 'how long after the approval its window begins', '0s')
    .requiredOption('--for <time>', 'how long the window is, 1m to 24h')
    .requiredOption('--reason <text>', 'why, for the record')
    .option('--work-order <number>', 'the number of the work order', '')
    .action(async (client: string, breaker: string, options: Ask) => {
      const body = bodyOf(client, breaker, options)
      if ('wrong' in body) return finish(wrongWords(terminal, body.wrong, 'breakwall grant ask --help'))
      const said = await call<GrantView>(terminal.findSocket(options.api), 'POST', '/v1/grants', body)
      finish(print(said, options.json, ({ id }) => `asked for: grant ${id}; a second person: breakwall grant approve ${id}`, terminal))
    })
  for (const action of ['approve', 'refuse', 'revoke'] as const)
    command(`${action} <grant>`, `${action} it`)
      .option('--reason <text>', 'why, for the record', '')
      .action(async (id: string, { json, api, reason }: Why) => {
        const socket = terminal.findSocket(api)
        const all = await call<readonly GrantView[]>(socket, 'GET', '/v1/grants')
        if (all.kind !== 'ok') return finish(print(all, json, () => '', terminal))
        const version = all.value.find((one) => one.id === id)?.version ?? 0
        const said = await call<GrantView>(socket, 'POST', `/v1/grants/${encodeURIComponent(id)}`, { action, version, reason })
        finish(print(said, json, (one) => `${one.state}: ${one.words} on ${one.breaker} for ${one.client}`, terminal))
      })
}

function bodyOf(client: string, breaker: string, options: Ask): object | { readonly wrong: string } {
  const [forSeconds, startsSeconds] = [toSeconds(options.for), toSeconds(options.starts)]
  if (forSeconds === undefined || startsSeconds === undefined) return { wrong: 'a time is written as 90s, 15m or 2h' }
  const { reason, workOrder, setting, class: one } = options
  const rest = { client, breaker, uses: Number(options.uses), startsSeconds, forSeconds, reason, workOrder }
  const span = (text: string | undefined): [number, number] | undefined => {
    const found = /^(-?[\d.]+)-(-?[\d.]+)$/.exec(text ?? '')
    return found === null ? undefined : [Number(found[1]), Number(found[2])]
  }
  const values = span(options.values)
  if (setting === undefined && options.registers === undefined) return { ...rest, for: { kind: 'class', class: one } }
  if (values === undefined) return { wrong: 'a setting or registers need --values, such as 160-400' }
  const [minimum, maximum] = values
  if (setting !== undefined) {
    const also = (options.also ?? []).map((text) => {
      const limits = span(text.slice(text.lastIndexOf('=') + 1))
      return text.includes('=') && limits !== undefined
        ? { setting: text.slice(0, text.lastIndexOf('=')), minimum: limits[0], maximum: limits[1] }
        : { wrong: text }
    })
    const wrong = also.find((found) => 'wrong' in found)
    if (wrong !== undefined) return { wrong: `--also "${wrong.wrong}": a setting with its values, such as "delay tr=8000-16000"` }
    return { ...rest, for: { kind: 'setting', class: one, setting, minimum, maximum, ...(also.length === 0 ? {} : { also }) } }
  }
  const registers = span(options.registers)
  if (registers === undefined) return { wrong: 'registers are written as 3001-3004' }
  return { ...rest, for: { kind: 'registers', class: one, from: registers[0], to: registers[1], minimum, maximum } }
}

function emergency({ add, terminal, finish }: Parts): void {
  add('emergency-open <breaker>', 'open a breaker whatever is locked or tagged; never closes; off unless the site has it')
    .requiredOption('--reason <text>', 'why, for the record; the SOC is alarmed')
    .option('--confirm <breaker>', 'its name once more, where nobody can be asked')
    .action(async (breaker: string, { json, api, reason, confirm }: Why & { confirm?: string }) => {
      const socket = terminal.findSocket(api)
      const path = `/v1/breakers/${encodeURIComponent(breaker)}/emergency-open`
      const asked = await call<{ ticket: string }>(socket, 'POST', path, { reason })
      if (asked.kind !== 'ok') return finish(print(asked, json, () => '', terminal))
      const typed = confirm ?? (await typedName(breaker, terminal))
      const said = await call<{ sent: true }>(socket, 'POST', `${path}/confirm`, { ticket: asked.value.ticket, breaker: typed })
      finish(print(said, json, () => `the open command was sent to ${breaker}: look at its state`, terminal))
    })
}

async function typedName(breaker: string, terminal: Terminal): Promise<string> {
  if (!terminal.interactive) return ''
  return (await terminal.askLine(`This opens ${breaker} now, whatever is locked. Type its name: `)) ?? ''
}

const learnedText = ({ seen, diff, notes }: LearnedView): string =>
  [
    seen.length === 0
      ? 'nothing was seen: is a breaker in mode "observe"?'
      : table([
          ['Client', 'Role', 'Breaker', 'Class', 'Times', 'Would be', 'What'],
          ...seen.map((one) => [
            ...[one.client, one.role, one.breaker, one.class, String(one.count)],
            one.wouldDeny === 'none' ? 'allowed' : `denied: ${one.wouldDeny}`,
            one.words,
          ]),
        ]),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `note: ${note}`)]),
    ...(diff === '' ? [] : ['', 'To let it pass where the policy is enforced (nothing was changed):', '', diff.trimEnd()]),
  ].join('\n')

function learn({ group, terminal, finish }: Parts): void {
  const { command } = group('learn', 'what breakers in mode "observe" were asked for')
  command('report', 'client by client, and the change of the configuration that would let it pass; nothing is changed').action(
    async ({ json, api }: Common) =>
      finish(print(await call<LearnedView>(terminal.findSocket(api), 'GET', '/v1/learned'), json, learnedText, terminal)),
  )
}
