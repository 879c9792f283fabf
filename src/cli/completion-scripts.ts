/**
 * What a shell runs to complete a command line. The scripts know no command and no flag: they ask the program, which reads
 * the same tables as everything else, so that they never go out of date.
 */

import type { Shell } from '../commands.ts';

/** What the program prints if the shell is to complete file names. */
export const FILES = ':files';

const BASH = `# Completions of claude-sessions-mcp for bash.
_claude_sessions_mcp() {
  local line lines
  COMPREPLY=()
  lines=$("$1" completion bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null) || return 0
  if [ "$lines" = '${FILES}' ]; then
    compopt -o default 2>/dev/null
    return 0
  fi
  while IFS= read -r line; do
    if [ -n "$line" ]; then COMPREPLY+=("$line"); fi
  done <<<"$lines"
}
complete -F _claude_sessions_mcp claude-sessions-mcp`;

const ZSH = `#compdef claude-sessions-mcp
# Completions of claude-sessions-mcp for zsh.
_claude_sessions_mcp() {
  local line
  local -a lines values shown
  lines=("\${(@f)$("\${words[1]}" completion zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)}")
  if [[ "$lines" == '${FILES}' ]]; then
    _files
    return
  fi
  for line in "\${(@)lines}"; do
    [[ -n "$line" ]] || continue
    values+=("\${line%%$'\\t'*}")
    shown+=("\${line//$'\\t'/  }")
  done
  compadd -l -d shown -a values
}
if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then
  _claude_sessions_mcp "$@"
else
  compdef _claude_sessions_mcp claude-sessions-mcp
fi`;

const FISH = `# Completions of claude-sessions-mcp for fish.
function __claude_sessions_mcp
  set -l words (commandline -opc)
  set -l lines ($words[1] completion fish -- $words[2..] "$(commandline -ct)" 2>/dev/null </dev/null)
  if test "$lines" = '${FILES}'
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $lines
  end
end
complete -c claude-sessions-mcp -f -a '(__claude_sessions_mcp)'`;

export const COMPLETION_SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
};
