import type { Command } from 'commander'
import type { AclView, MatrixView, PkiCommands, ProbeAsked } from '../contract/index.ts'
import type { Answered, Where } from './client.ts'

/** Exit codes of every command; docs/cli.md has the same table. */
export const exitCode = { done: 0, refused: 1, usage: 2, unreachable: 3 } as const

/** What needs no running gateway, handed in by `main.ts`: the command line itself knows only the API. Each returns an exit code. */
export type Offline = {
  check(file: string, json: boolean): number
  listProfiles(folders: readonly string[], json: boolean): number
  showProfile(name: string, folders: readonly string[], json: boolean): number
  checkProfile(file: string, folders: readonly string[], json: boolean): number
  initVault(configuration: string): number
  /** Walks a journal file or the events of a bundle. */
  verify(words: VerifyWords, json: boolean, progress: (done: number, of: number) => void, ended: () => void): number
  salvage(file: string, target: string): number
  setAside(file: string): number
  serve(file: string): Promise<number>
  serveConsole(file: string): Promise<number>
  readonly pki: PkiCommands
  aclTest(configuration: string, address: string): Answered<readonly AclView[]>
  access(configuration: string): Answered<MatrixView>
  demo(args: readonly string[]): Promise<number>
  probe(asked: ProbeAsked): Promise<number>
}
/** What `breakwall verify` was told of files: which to walk, and what it must agree with. */
export type VerifyWords = {
  readonly db?: string
  readonly events?: string
  readonly key: readonly string[]
  readonly anchors?: string
}
export type Terminal = {
  out(text: string): void
  error(text: string): void
  /** Reads a password that is not shown; undefined when its typist gave up. */
  askSecret(prompt: string): Promise<string | undefined>
  /** Reads one line that is shown; undefined when its typist gave up. */
  askLine(prompt: string): Promise<string | undefined>
  /** The first line of a file with a secret in it. */
  firstLine(file: string): string
  /** Whether a person types, and not a pipe. */
  readonly interactive: boolean
  /** Whether a person looks, and not a pipe. */
  readonly draws: boolean
  /** Where systemd puts credentials. */
  readonly credentials: string
  /** Which gateway, and who is logged in on it. */
  findSocket(typed: string | undefined): Where
  version: string
  /** Runs once when the user ends the command (Ctrl-C). */
  interrupted(run: () => void): void
  after(ms: number, run: () => void): void
  /** Milliseconds since 1970. */
  nowMs(): number
  /** Writes over the last line of a person's terminal; an empty text ends that line. */
  progress(line: string): void
  /** Draws a whole screen anew, on the terminal's second one; at its end the first comes back as it was. */
  screen(lines: readonly string[] | 'end'): void
}

export type Common = { json: boolean; api?: string }

export type Add = (name: string, description: string) => Command
export type Finish = (code: number) => void

/** What a group of commands is made from. */
export type Parts = {
  readonly add: Add
  /** A command that asks no gateway. */
  readonly plainTop: Add
  /** A group of sub-commands; `command` takes --json and --api, `plain` what it is given. */
  readonly group: (name: string, description: string) => { readonly command: Add; readonly plain: Add }
  readonly offline: Offline
  readonly terminal: Terminal
  readonly finish: Finish
}

/** What a person is told whose action is in force while the gateway's disk refuses. */
const NOT_RECORDED =
  'it is in force now, but not recorded yet: the disk refuses. It is written when the disk has room again; a restart before that loses it'

/** Prints an answer for a person or a program and says which exit code it is. */
export function print<T>(answered: Answered<T>, json: boolean, text: (value: T) => string, terminal: Terminal): number {
  if (answered.kind === 'ok') {
    terminal.out(json ? JSON.stringify(answered.value) : text(answered.value))
    if (answered.recorded === 'not-yet') terminal.error(`breakwall: warning: ${NOT_RECORDED}`)
    return exitCode.done
  }
  if (json) terminal.out(JSON.stringify({ error: answered.error, hint: answered.hint }))
  else terminal.error(`breakwall: error: ${answered.error}\nbreakwall: hint: ${answered.hint}`)
  return answered.kind === 'refused' ? exitCode.refused : exitCode.unreachable
}

export function wrongWords(terminal: Terminal, error: string, hint: string): number {
  terminal.error(`breakwall: error: ${error}\nbreakwall: hint: ${hint}`)
  return exitCode.usage
}
