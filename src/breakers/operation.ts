import type { Request } from '../modbus/index.ts'

/** What a request would do, from harmless to unknown. `unknown` and `file` are never allowed. */
export const operationClasses = [
  'monitor',
  'control',
  'protection-setting',
  'other-setting',
  'clock',
  'password',
  'diagnostic',
  'file',
  'unknown',
] as const
export type OperationClass = (typeof operationClasses)[number]

/** A request with its meaning for one breaker. `words` say it to a person, without the breaker's name. */
export type Operation = {
  readonly class: OperationClass
  readonly words: string
  readonly request: Request
  /** The code of the command that it runs: its result is then read from register 8021, an echo only says that it was taken. */
  readonly command: number | 'none'
}
