import { z } from 'zod'
import { duration, toMilliseconds } from './duration.ts'

/** What each key of [[key-switch]] expects. */
export const keySwitchExpectations: Readonly<Record<string, string>> = {
  'key-switch': 'a [[key-switch]]',
  'key-switch.name': 'a name for people, such as "key at the door"',
  'key-switch.breakers': 'a list of names or groups of breakers that it bars, such as ["Q1"]; left out: all of them',
  'key-switch.read':
    'the words of gpioget that print 0 or 1, such as ["gpioget", "--numeric", "--bias", "pull-down", "--chip", "gpiochip0", "17"]',
  'key-switch.port': 'a serial port that is used for nothing else, such as "/dev/ttyUSB1"',
  'key-switch.pin': '"CTS" or "DSR"',
  'key-switch.debounce': 'how long it has to be closed before it counts, from 20ms to 5s, such as "200ms"',
}

const name = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/)
export const keySwitchSchema = z
  .strictObject({
    name: z.string().min(1).max(64),
    breakers: z.array(name).min(1).optional(),
    // Whoever writes this file runs what stands here: it is the one program that it is meant for.
    read: z
      .array(z.string().min(1).max(200))
      .min(2)
      .max(16)
      .refine(([program = '']) => /^(\/[\w./-]+\/)?gpioget$/.test(program))
      .optional(),
    port: z.string().min(1).optional(),
    pin: z.enum(['CTS', 'DSR']).default('CTS'),
    debounce: duration(20, 5000).default('200ms'),
  })
  .refine(({ read, port }) => (read === undefined) !== (port === undefined), { path: ['read'], message: 'one of read and port' })
export type KeySwitchFile = z.infer<typeof keySwitchSchema>

export type KeySwitchSettings = {
  readonly name: string
  readonly breakers: ReadonlySet<string> | 'all'
  readonly source:
    | { readonly kind: 'command'; readonly words: readonly string[] }
    | { readonly kind: 'pin'; readonly port: string; readonly pin: 'CTS' | 'DSR' }
  readonly debounceMs: number
}

export const toKeySwitch = (
  { name: called, breakers, read, port = '', pin, debounce }: KeySwitchFile,
  namesOf: (told: readonly string[]) => ReadonlySet<string>,
): KeySwitchSettings => ({
  name: called,
  breakers: breakers === undefined ? 'all' : namesOf(breakers),
  source: read === undefined ? { kind: 'pin', port, pin } : { kind: 'command', words: read },
  debounceMs: toMilliseconds(debounce) ?? 0,
})
