import { type Command, Option } from 'commander'
import { type Parts, exitCode, wrongWords } from './parts.ts'

type Words = { readonly commands: readonly string[]; readonly options: readonly string[]; readonly below: Readonly<Record<string, Words>> }

const wordsOf = (command: Command): Words => ({
  commands: command.commands.map((one) => one.name()),
  options: ['--help', ...command.options.map((option: Option) => option.long ?? '').filter((long) => long !== '')],
  below: Object.fromEntries(command.commands.map((one) => [one.name(), wordsOf(one)])),
})

/** `breakwall completion`: what a shell reads to complete commands and options. */
export function completion({ plainTop, terminal, finish }: Parts): void {
  const command = plainTop('completion <shell>', 'for a shell to complete commands: source <(breakwall completion bash), or zsh, or fish')
  command.action((shell: string) => {
    const program = command.parent
    if (program === null) return
    const words = wordsOf(program)
    if (shell === 'bash') terminal.out(bash(words))
    else if (shell === 'zsh') terminal.out(`autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`)
    else if (shell === 'fish') terminal.out(fish(words))
    else return finish(wrongWords(terminal, `"${shell}" is not a shell that is known here`, 'bash, zsh or fish'))
    finish(exitCode.done)
  })
}

/** A case for each command and sub-command. */
function bash(words: Words): string {
  const cases = Object.entries(words.below).flatMap(([name, below]) => [
    ...Object.entries(below.below).map(([sub, last]) => `    "${name} ${sub}") words="${last.options.join(' ')}" ;;`),
    `    "${name} "*) words="${[...below.commands, ...below.options].join(' ')}" ;;`,
  ])
  return [
    '_breakwall() {',
    '  local words',
    '  if [ "$COMP_CWORD" -eq 1 ]; then words="' + [...words.commands, ...words.options].join(' ') + '"; else',
    '  case "${COMP_WORDS[1]} $([ "$COMP_CWORD" -gt 2 ] && echo "${COMP_WORDS[2]}")" in',
    ...cases,
    '  esac; fi',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -o default -F _breakwall breakwall',
  ].join('\n')
}

function fish(words: Words): string {
  const top = `complete -c breakwall -n __fish_use_subcommand -a "${words.commands.join(' ')}"`
  const below = Object.entries(words.below).flatMap(([name, { commands, options }]) => [
    ...(commands.length === 0 ? [] : [`complete -c breakwall -n "__fish_seen_subcommand_from ${name}" -a "${commands.join(' ')}"`]),
    ...options.map((option) => `complete -c breakwall -n "__fish_seen_subcommand_from ${name}" -l ${option.slice(2)}`),
  ])
  return [top, ...below].join('\n')
}
