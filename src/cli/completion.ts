/** Shell completion scripts, generated from the command definitions. */
import type { Command } from 'commander'
import { CliFailure } from './failure.ts'

/** Every command with the words that may follow it: its subcommands and flags. */
function words(command: Command, path: readonly string[] = []): { path: string; next: string }[] {
  const flags = command.options
    .filter((option) => !option.hidden)
    .map((option) => option.long ?? '')
  const next = [...command.commands.map((one) => one.name()), ...flags, '--help'].join(' ')
  return [
    { path: path.join(' '), next },
    ...command.commands.flatMap((one) => words(one, [...path, one.name()])),
  ]
}

/** @param shell bash, zsh or fish. @throws CliFailure. */
export function completionScript(program: Command, shell: string): string {
  const all = words(program)
  const name = program.name()
  if (shell === 'fish') {
    return all
      .flatMap(({ path, next }) => {
        const seen =
          path === ''
            ? '__fish_use_subcommand'
            : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`
        return next
          .split(' ')
          .map((word) =>
            word.startsWith('--')
              ? `complete -c ${name} -n '${seen}' -l ${word.slice(2)}`
              : `complete -c ${name} -f -n '${seen}' -a ${word}`,
          )
      })
      .join('\n')
      .concat('\n')
  }
  if (shell !== 'bash' && shell !== 'zsh')
    throw new CliFailure('usage', 'completion is available for bash, zsh and fish')
  const cases = all.map(({ path, next }) => `    '${path}') next='${next}' ;;`)
  const script = [
    `_${name}_complete() {`,
    '  local path="" word next=""',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
    '    case "$word" in -*) ;; *) path="${path:+$path }$word" ;; esac',
    '  done',
    '  case "$path" in',
    ...cases,
    '  esac',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's.
    '  COMPREPLY=($(compgen -W "$next" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    `complete -o default -F _${name}_complete ${name}`,
  ]
  return `${shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}${script.join('\n')}\n`
}
