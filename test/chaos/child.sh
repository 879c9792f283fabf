# Stands in for Claude Code: works through prompts and leaves a witness of every step in a file, outside the database.
#
#   bash child.sh WITNESS_FILE SERVER_PID          reads: prompt TURN STEPS SECONDS CHILD | interrupt
#   bash child.sh WITNESS_FILE SERVER_PID TURN     what a prompt with CHILD=1 leaves behind: beats until it is killed
file=$1
server=$2

witness() { printf '%s %s %s %s %s\n' "$1" "$CLAUDE_SESSIONS_MARKER" "$2" "$3" "$EPOCHREALTIME" >>"$file"; }

# A read that times out is a sleep without a process.
beat() {
  exec 3<> <(:)
  for ((n = 1; ; n++)); do
    witness beat "$1" "$n"
    read -r -t 0.1 -u 3 _
  done
}

work() {
  local turn=$1 steps=$2 seconds=$3 n line got
  for ((n = 1; n <= steps; n++)); do
    read -r -t "$seconds" line
    got=$?
    ((got == 1)) && exit 0
    if ((got == 0)) && [[ $line == interrupt ]]; then
      echo "end $turn interrupted"
      return
    fi
    witness step "$turn" "$n"
    echo "step $turn $n"
  done
  echo "end $turn completed"
}

if [[ -n $3 ]]; then
  beat "$3"
fi
witness open "$server" 0
# Claude Code takes its time, too.
read -r -t "0.$((RANDOM % 300 + 100))" -u 4 _ 4<> <(:)
echo ready
while read -r word turn steps seconds child; do
  [[ $word == prompt ]] || continue
  if [[ $child == 1 && -z $left ]]; then
    left=1
    # As Claude Code starts a shell.
    perl -MPOSIX=setsid -e 'setsid; exec @ARGV' -- "${CLAUDE_CODE_SHELL:-/bin/bash}" -c \
      "exec bash '$0' '$file' '$server' '$turn'" </dev/null >/dev/null 2>&1 &
  fi
  work "$turn" "$steps" "$seconds"
done
