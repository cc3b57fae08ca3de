/** One message, read strictly by the grammar of RFC 5424, section 6; nothing of the gateway's own is in here. */
export type Message = {
  readonly priority: number
  readonly timestamp: string
  readonly host: string
  readonly app: string
  readonly process: string
  readonly id: string
  readonly elements: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly text: string
}

const days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/** Throws what is wrong with it, and where. */
export function parseRfc5424(bytes: Buffer): Message {
  const whole = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  let at = 0
  const fail = (what: string): never => {
    throw new Error(`${what} at ${at}: ${JSON.stringify(whole.slice(at, at + 30))}`)
  }
  const take = (pattern: RegExp, what: string): string => {
    pattern.lastIndex = at
    const found = pattern.exec(whole)
    if (found === null) return fail(what)
    at += found[0].length
    return found[0]
  }
  const space = (): string => take(/ /y, 'a space')
  const field = (most: number, what: string): string => take(new RegExp(`[!-~]{1,${most}}(?= )`, 'y'), what)

  const priority = Number(take(/<(?:0|[1-9]\d{0,2})>/y, 'a priority').slice(1, -1))
  if (priority > 191) fail('a priority up to 191')
  take(/1(?= )/y, 'version 1')
  space()
  const timestamp = take(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})(?= )/y, 'a timestamp')
  const [, month, day, hour, minute, second] = /^\d{4}-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)/.exec(timestamp)?.map(Number) ?? []
  if ((month ?? 0) < 1 || (month ?? 0) > 12 || (day ?? 0) < 1 || (day ?? 0) > (days[(month ?? 1) - 1] ?? 0) + 1) fail('a date')
  if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) fail('a time')
  space()
  const host = field(255, 'a host name')
  space()
  const app = field(48, 'an app name')
  space()
  const process = field(128, 'a process id')
  space()
  const id = field(32, 'a message id')
  space()
  const elements = new Map<string, Map<string, string>>()
  if (whole[at] === '-') at += 1
  else
    do {
      take(/\[/y, 'an element')
      const name = take(/(?!-)[!#-<>-\\^-~]{1,32}(?=[ \]])/y, 'the name of an element')
      if (elements.has(name)) fail('an element that is not there yet')
      const parameters = new Map<string, string>()
      while (whole[at] === ' ') {
        space()
        const parameter = take(/[!#-<>-\\^-~]{1,32}(?==)/y, 'the name of a parameter')
        take(/="/y, 'a value')
        const value = take(/(?:[^"\\\]]|\\["\\\]])*/y, 'the text of a value')
        take(/"/y, 'the end of a value')
        parameters.set(parameter, value.replace(/\\(["\\\]])/g, '$1'))
      }
      take(/\]/y, 'the end of an element')
      elements.set(name, parameters)
    } while (whole[at] === '[')
  if (at < whole.length) space()
  return { priority, timestamp, host, app, process, id, elements, text: whole.slice(at) }
}
