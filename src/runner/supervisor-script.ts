/**
 * The shell programs of the supervisor (supervisor.ts). They are text, because a program that embeds the server may have no
 * Node to run a file with, and use nothing but `sh`, `ps`, `awk`, `kill` and the like. They run in the guard directory.
 */

/** Linux keeps the marker and the tag of every process, so there is nothing to remember. A session is `MARKER:TAG`. */
const IN_PROC = `
exact=-lzxF
printf 'a\\0' | grep -qzxF a || exact=-lF
by_environment() {
  for each in $watched; do set -- "$@" -e "CLAUDE_SESSIONS_MARKER=\${each%%:*}"; done
  grep "$exact" "$@" [0-9]*/environ
}
by_limit() {
  for each in $watched; do set -- "$@" -e "^Max.file.locks.*[^0-9]\${each##*:}[^0-9]"; done
  grep -l "$@" [0-9]*/limits
}
hold() (
  cd /proc || exit 1
  for path in $(by_environment; by_limit); do
    read -r stat < "\${path%/*}/stat" || continue
    case \${stat##*) } in [ZX]*) ;; *) echo "\${path%/*}" ;; esac
  done
)
enter() { :; }
begin() { :; }
look() { :; }
drop() { :; }
`;

/**
 * Follows the process table. Each process that is started for a session writes a line into the file `MARKER`: its id, its
 * group and its start time. Each look writes the same of all that lives into `MARKER.seen`, after a line with the number of
 * registrations that it has taken into account and the time. It prints all that lives: `PID MARKER`.
 *
 * A process belongs to a session if it was known, or its parent or a process of its group does, or if its group was known
 * a minute ago and the leader has ended. Later than that, the group might be another one with the same id.
 *
 * The files are read before the table: who registers after that is not taken into account yet.
 */
const FOLLOW = `
function recall(marker, line,    word) {
  split(line, word, " ")
  knownAs[++known] = word[1]
  knownIn[known] = word[2]
  knownSince[known] = word[3] " " word[4] " " word[5] " " word[6] " " word[7]
  knownBy[known] = marker
  isFresh[known] = now - lookedAt[marker] <= 60
}
function load(marker,    line, word, taken) {
  if ((getline line < (marker ".seen")) > 0) {
    split(line, word, " ")
    taken = word[1]
    lookedAt[marker] = word[2]
    while ((getline line < (marker ".seen")) > 0) {
      before[marker] = before[marker] line "\\n"
      recall(marker, line)
    }
  }
  close(marker ".seen")
  while ((getline line < marker) > 0) if (++registered[marker] > taken) recall(marker, line)
  close(marker)
  if (registered[marker] > taken) before[marker] = "changed"
}
function join_in(pid, marker) {
  if ((pid in owner) || !(pid in start)) return
  owner[pid] = marker
  queue[++queued] = pid
}
function join_all(pids, marker,    each, n, i) {
  n = split(pids, each, " ")
  for (i = 1; i <= n; i++) join_in(each[i], marker)
}
BEGIN {
  total = split(markers, marker, " ")
  for (i = 1; i <= total; i++) load(marker[i])
  table = "ps -A -o pid= -o ppid= -o pgid= -o stat= -o lstart="
  while ((table | getline) > 0) {
    if ($4 ~ /^Z/) continue
    parent[$1] = $2
    group[$1] = $3
    start[$1] = $5 " " $6 " " $7 " " $8 " " $9
    children[$2] = children[$2] " " $1
    mates[$3] = mates[$3] " " $1
  }
  if (close(table) != 0 || !(writer in start)) exit 1
  for (pid = writer; pid + 0 > 1; pid = parent[pid]) owner[pid] = ""
  for (i = 1; i <= known; i++) {
    pid = knownAs[i]
    if ((pid in start) && start[pid] == knownSince[i]) join_in(pid, knownBy[i])
    else if (isFresh[i] && !(knownIn[i] in start)) join_all(mates[knownIn[i]], knownBy[i])
  }
  for (i = 1; i <= queued; i++) {
    pid = queue[i]
    join_all(children[pid] " " mates[group[pid]], owner[pid])
    print pid, owner[pid]
    after[owner[pid]] = after[owner[pid]] pid " " group[pid] " " start[pid] "\\n"
  }
  for (i = 1; i <= total; i++) {
    each = marker[i]
    if (after[each] == before[each] && now - lookedAt[each] < 10) continue
    printf "%d %d\\n%s", registered[each], now, after[each] > (each ".seen." writer)
    close(each ".seen." writer)
  }
}
`;

/** `hold` stops all that it finds, and looks again until nothing new has been started meanwhile. */
const IN_TABLE = `
LC_ALL=C TZ=UTC0 export LC_ALL TZ
find_all() {
  awk -v markers="$*" -v writer=$$ -v now="$(date +%s)" '${FOLLOW}' || return 1
  for each in "$@"; do
    [ -f "$each.seen.$$" ] || continue
    if [ -f "$each" ]; then mv -f "$each.seen.$$" "$each.seen"; else rm -f "$each.seen.$$"; fi
  done
}
hold_all() {
  held=' '
  for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    found=$(find_all "$@") || return 1
    new=
    while read -r pid _; do
      case $held in *" $pid "*) ;; *) new="$new $pid" ;; esac
    done <<END
$found
END
    [ -n "\${new# }" ] || break
    kill -STOP $new
    held="$held\${new# } "
  done
  echo "$found"
}
hold() {
  kill -STOP $seen
  found=$(hold_all $watched) && echo "$found" | while read -r pid _; do echo "$pid"; done
}
enter() {
  find . -name '*.seen' -mtime +30 | while read -r file; do rm -f "$file" "\${file%.seen}"; done
  for file in *.seen*; do [ -f "\${file%%.seen*}" ] || rm -f "$file"; done
}
begin() {
  : >> "$1"
  [ -f "$1.seen" ] || echo "0 $(date +%s)" > "$1.seen"
}
look() {
  found=$(find_all $watched) && seen=$(echo "$found" | while read -r pid _; do echo "$pid"; done)
}
drop() { rm -f "$1" "$1.seen"; }
`;

/**
 * Reads lines: `watch SESSION`, `forget SESSION` and `look`, and answers the first and the last. When there is no more to
 * read, the server is gone: kills what is left of its sessions, for five minutes at most.
 */
const SUPERVISE = `
trap '' HUP INT TERM PIPE
exec 2> /dev/null
watched=
seen=
without() {
  rest=
  for each in $watched; do [ "$each" = "$1" ] || rest="$rest $each"; done
  watched=$rest
}
enter
while read -r verb session; do
  case $verb in
    watch) without "$session"; begin "$session" && watched="$watched $session" && echo "watching $session" ;;
    forget) without "$session"; drop "$session" ;;
    look) look; echo "looked" $seen ;;
  esac
done
round=0
alive=1
while [ -n "\${watched# }" ] && [ $round -lt 400 ]; do
  if found=$(hold); then
    alive=
    for pid in $found; do kill -KILL "$pid" && alive=1; done
    [ -n "$alive" ] || break
  fi
  round=$((round + 1))
  if [ $round -lt 100 ]; then sleep 0.05 || sleep 1; else sleep 1; fi
done
if [ -z "$alive" ]; then for each in $watched; do drop "$each"; done; fi
`;

/** What a supervisor runs; its working directory is the guard directory. */
export const SUPERVISOR = { proc: IN_PROC + SUPERVISE, table: IN_TABLE + SUPERVISE };

/** Prints `PID MARKER` for all that lives of some sessions: arguments `find` or `hold`, and their markers. */
export const FIND = `${IN_TABLE}
exec 2> /dev/null
verb=$1
shift
if [ "$verb" = hold ]; then hold_all "$@"; else find_all "$@"; fi
`;

/** `register_below PID` registers all that a process has started and is still the ancestor of. */
const REGISTER_BELOW = `
register_below() {
  LC_ALL=C TZ=UTC0 ps -A -o ppid= -o pid= -o pgid= -o lstart= | awk -v top="$1" '
    { $1 = $1; parent[$2] = $1; line[$2] = substr($0, length($1) + 2) }
    END {
      for (pid in line) {
        above = pid
        while (above + 0 > 1 && above in parent && above != top) above = parent[above]
        if (above == top && pid != top) print line[pid]
      }
    }' >> "$file"
}
`;

/**
 * Stands in for a shell that Claude Code runs: registers itself and, when its commands are done, its children, which by then
 * may have left its group, and would have no parent any more. Without it, a shell would have to live until the next look.
 */
export function shellScript(shell: string, directory: string): string {
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  return `#!/bin/sh
file=${quoted(directory)}/$CLAUDE_SESSIONS_MARKER
${REGISTER_BELOW}
if [ "$1" = --leave ]; then
  register_below "$2"
  exit
fi
if [ -n "$CLAUDE_SESSIONS_MARKER" ] && [ "$1" = -c ]; then
  { LC_ALL=C TZ=UTC0 ps -o pid= -o pgid= -o lstart= -p $$ >> "$file"; } 2> /dev/null
  # All of the session has been ended meanwhile: nobody would look for this one any more.
  [ -f "$file.seen" ] || { rm -f "$file"; exit 126; }
  shift
  login=
  if [ "$1" = -l ]; then login=-l; shift; fi
  commands=$1
  shift
  set -- -c $login "trap '"$CLAUDE_CODE_SHELL" --leave $$ > /dev/null 2>&1' EXIT
$commands" "$@"
fi
exec ${quoted(shell)} "$@"
`;
}

/**
 * Registers the process and becomes the command: arguments FILE, the server's id, the command and its arguments. It looks
 * for its parent after that: if the server dies between the two, the supervisor knows of the process already.
 *
 * Its input goes through a program that, at its end, first registers what the command has started: the command may exit as
 * soon as it sees the end, and nobody may have looked in time. If the server has died, the command sees it three seconds
 * later, so that the supervisor can look and stop it before.
 */
export const REGISTER = `
file=$0 server=$1 pipe=$0.seen.in.$$
shift
${REGISTER_BELOW}
line=$(LC_ALL=C TZ=UTC0 ps -o pid= -o pgid= -o lstart= -p $$) && echo $line >> "$file" || exit 126
is_served() { [ "$(ps -o ppid= -p $$)" -eq "$server" ]; }
is_served && mkfifo "$pipe" || exit 126
exec 3<&0
{
  rm -f "$pipe"
  cat
  [ ! -f "$file" ] || register_below $$
  is_served || sleep 3
} <&3 > "$pipe" 2> /dev/null &
exec "$@" < "$pipe" 3<&-
`;
