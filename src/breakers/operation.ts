import type { Request } from '../modbus/index.ts'
import type { OperationClass } from './operation-class.ts'
import type { Command } from './profile.ts'

/** A request with its meaning for one breaker. The password registers of a command are 0 in it, whatever the client sent. */
export type Operation = {
  readonly class: OperationClass
  /** What it does, with `{breaker}` where the breaker's name belongs: say it by `describeOperation`. */
  readonly words: string
  readonly request: Request
  /** The command that it runs: its result is then read from register 8021, an echo only says that it was taken. */
  readonly command: Command | 'none'
}

/** The operation as a person says it: "set long-time pick-up Ir = 400 A on Q1". */
export const describeOperation = ({ words }: Pick<Operation, 'words'>, breaker: string): string => words.replaceAll('{breaker}', breaker)
