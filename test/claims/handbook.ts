import { type Claim, claim } from './claim.ts';

/** What `docs/operating.md` says, but for what it says of HTTP. */
export const HANDBOOK: readonly Claim[] = [
  claim(
    'Servers may share one state directory: each client starts its own, and all see the same sessions.',
    'service/servers.test.ts › a client of one waits for what happens at the other',
    'chaos/chaos.test.ts › servers under kills and stops for a minute keep every promise',
  ),
  claim(
    'A session runs at one of them at a time, and stays there while its process is warm; `--max-live` counts over all of them.',
    'service/servers.test.ts › a prompt sent at one is run by the other, whose process is warm',
    'service/servers.test.ts › max-live counts the processes of both, and an idle one makes room for the other',
  ),
  claim(
    'When a server dies, another settles what it left within a second: its processes are killed, a turn that ran is `lost` and its error says why (nothing is run again by itself), a prompt that cannot have reached Claude waits again.',
    'service/loss.test.ts › because of %s says so, whenever that can be written',
    'store/contract-claims.ts › a turn for a warm process is claimed as prompted, under the lease of that process only',
    'service/recovery.test.ts › a turn that Claude had seen is lost; its process is killed, its session ready',
    'service/recovery.test.ts › a turn that Claude had not seen waits again, and runs before the next',
    'docs/tables.test.ts › of time between servers are those of the program',
  ),
  claim(
    'A server that stops answers no open question: the turn is interrupted.',
    'integration/stopped-question.test.ts › a server that stops by %s leaves an open question unanswered, and its turn goes no further',
  ),
  claim(
    'A server that lives but has stood still for 15 s loses a session only when somebody asks for that session.',
    'service/recovery.test.ts › keeps what it has, its lease run out or not, until somebody asks for it',
    'integration/stopped-server.test.ts › a server that is stopped loses its session on demand, and its Claude Code writes no more',
    'docs/tables.test.ts › of time between servers are those of the program',
  ),
  claim(
    'A server counts as gone only if the operating system has no such process.',
    'runner/owners.test.ts › an owner that cannot be seen from here is unknown: in another namespace, under another kernel, of no known start',
    'runner/out-of-files.test.ts › a server without a file descriptor takes nobody for gone, and says what it lacks',
  ),
  claim(
    'If it cannot be seen (another container, a sandbox with a kernel of its own, a reboot since, no file descriptor left to look), its sessions are taken when its lease has run out, after 15 s at most.',
    'service/recovery.test.ts › is settled only once its processes are gone for certain, and whoever asks before is told so',
    'docs/tables.test.ts › of time between servers are those of the program',
  ),
  claim(
    'If the processes that it left cannot be ended, nothing is started beside them: calls get `UNAVAILABLE`, and the server keeps trying.',
    'service/servers.test.ts › nothing runs beside processes that a gone server has left and that cannot be ended yet',
  ),
  claim(
    'Each server checks its own `--root` and `--allow-bypass-permissions` at each start of a process.',
    'service/policy.test.ts › that has become a link to outside of the roots runs no turn, also in a new process',
    'service/policy.test.ts › runs no turn at another server on the same state directory without the flag',
  ),
  claim(
    'A session that they do not allow fails its turn with an error that names the setting.',
    'service/policy.test.ts › outside the roots of the server that runs it is refused, with the name of the setting',
  ),
  claim(
    'It goes on once the setting is right.',
    'service/policy.test.ts › runs no turn on a server without the flag, and goes on at one with it',
  ),
  claim(
    'A state directory on a network file system is refused.',
    'store/open.test.ts › file system %i is refused as %s',
  ),
  claim(
    'While every place of `--max-live` is taken, the next one goes to whoever has gone without a turn longest: first of the principals, then of their MCP sessions, then of their sessions.',
    'store/contract-claims.ts › of %s the one that has gone without longest comes first, however many sessions the other has',
    'store/contract-claims.ts › the session served longest ago comes first, however long the queue of another',
  ),
  claim(
    'The bounds of a message are those of HTTP.',
    'transport/stdio-framing.test.ts › what is no message is answered as the protocol says, and the server goes on',
    'transport/stdio-framing.test.ts › a line at the bound is served, and one over it is refused, however long it goes on',
  ),
  claim(
    "What is no message is answered with the protocol's error and changes nothing; batches are refused in every revision.",
    'transport/stdio-framing.test.ts › what is no message is answered as the protocol says, and the server goes on',
    'fuzz/fuzz.test.ts › hostile inputs of every kind get errors for the reader, and the program goes on',
  ),
  claim(
    'At most 200 requests may be under way at once; a tool call over that gets `LIMIT_EXCEEDED`.',
    'transport/stdio-flow.test.ts › has so many requests under way, and is told of the limit for more',
    'docs/tables.test.ts › of stdio are those of the program',
  ),
  claim(
    'A client that does not read its answers is not read either, and is told no more news until it does.',
    'transport/stdio-flow.test.ts › is not read either, and misses no answer once it reads',
    'transport/stdio-flow.test.ts › is told no more news than it may be behind',
  ),
  claim(
    "What a library prints goes to the log: standard output is MCP's alone.",
    'transport/stdout.test.ts › what anybody else prints is in the log and not on standard output',
  ),
  claim(
    'At the end of its input the server answers everything it has read; a call that waits answers at once with what there is.',
    'integration/end-of-input.test.ts › answers a whole script that was piped into it: what was made is told',
    'integration/end-of-input.test.ts › lets no call wait',
  ),
  claim(
    'A client has 15 s to take its answers, then the server ends with exit code 0.',
    'transport/stdio-end.test.ts › a call that never answers is given up after a time',
    'docs/tables.test.ts › of stdio are those of the program',
  ),
  claim(
    'When a signal stops the server, calls under way have one second.',
    'transport/stdio-end.test.ts › a stop does not wait as long as the end of the input does',
    'docs/tables.test.ts › of stdio are those of the program',
  ),
  claim(
    '`claude-sessions-mcp backup FILE` (with your `--state-dir`) copies all sessions while servers run.',
    'durability/backup.test.ts › backups taken under load are whole, hold what was acknowledged, and serve as state directories',
  ),
  claim(
    'It never replaces a file.',
    'durability/backup.test.ts › a backup never replaces a file, and leaves none behind where it fails',
  ),
  claim(
    'To restore, put the copy as `sessions.db` into a new, empty directory and start with `--state-dir`; never beside an old `sessions.db-wal`.',
    'durability/backup.test.ts › backups taken under load are whole, hold what was acknowledged, and serve as state directories',
  ),
  claim(
    "Without it, a session's next prompt fails.",
    'runner/claude-transcript.test.ts › names the session and the way to begin anew',
  ),
  claim(
    'Where a server is ended, queued prompts wait for the next start, and a turn that runs is interrupted.',
    'service/scheduler.test.ts › stops what runs, and leaves what is queued for the next start',
  ),
  claim(
    'The first server to open the database brings it up to date, in one transaction; one that is killed meanwhile leaves it as it was.',
    'store/migrations.test.ts › several processes that migrate at once do it once',
    'store/migrations.test.ts › a process killed at any statement of a migration leaves the old schema, and the next one completes it',
    'store/migrations.test.ts › a process killed at any write or sync of a migration leaves the old or the new schema, never between',
  ),
  claim(
    'An older version refuses what a newer one has brought up to date, with exit code 1.',
    'store/migrations.test.ts › a process of the first version refuses what a later one has migrated',
    'faults/directory.test.ts › a database with a newer schema is refused and left alone, its journal too',
  ),
  claim(
    'Nothing is acknowledged that is not on it.',
    'faults/io-error.test.ts › whichever journal write fails with %s, the call is refused and the next one succeeds',
    'durability/fsync.test.ts › each of more than 200 changing calls is answered after the fsync of what it wrote, and concurrent ones share it',
  ),
  claim(
    '| the disk is full, an I/O error, the database is locked | the call is refused | remove the cause; the server goes on by itself |',
    'faults/disk-full.test.ts › a disk with %i bytes left refuses, and serves again once there is room',
    'faults/io-error.test.ts › whichever journal write fails with %s, the call is refused and the next one succeeds',
    'faults/lock.test.ts › while another program holds the file for long, calls are refused; after that they are served',
  ),
  claim(
    '| the journal is full | a program keeps an old state of the database open | end that program (a `sqlite3` shell, a copy) |',
    'store/retention.test.ts › where somebody reads an old state all the while, writing stops before the journal is large, and goes on after',
  ),
  claim(
    '| the database was moved, replaced or deleted | writes are refused | put it back, or restart |',
    'faults/directory.test.ts › a database that was moved away or replaced gets no acknowledgement; put back, it does',
  ),
  claim(
    '| the disk did not confirm a write | the calls of that write hear that nobody knows whether they took effect; the server opens the database anew and goes on by itself, reads go on throughout | look whether the call took effect; if it lasts, check the disk |',
    'faults/io-error.test.ts › after a failed sync of the journal its call hears that nobody knows, and the server goes on without a restart',
    'faults/io-error.test.ts › while no sync of the journal succeeds nothing is acknowledged and reads go on; then the server goes on by itself',
  ),
  claim(
    "| Claude Code cannot write its transcript | a notice in the session's log; its next process fails the turn | run `doctor`, make the directory that it names writable |",
    'runner/claude-transcript.test.ts › a conversation that Claude Code cannot write down is told at once, and not begun anew',
  ),
  claim(
    '| one damaged row | calls that need it get `UNAVAILABLE`; other sessions and the housekeeping go on | end that session, or restore a backup |',
    'store/unsound-figures.test.ts › a session whose row is damaged keeps no other from its turn',
  ),
  claim(
    "| the processes of a session cannot be ended | `interrupt_session` and `end_session` answer `UNAVAILABLE` after about 30 s; other sessions go on, and the server keeps trying | look at the server's log, and for a hung file system |",
    'service/stopping.test.ts › a turn whose process cannot be ended',
    'service/idle-sessions.test.ts › whose process cannot be ended hold up the turns of others for a bounded time',
  ),
  claim(
    '| damaged, newer, or not writable, at start | exit code 1; the file is left as it is | do what the line says |',
    'faults/directory.test.ts › a database that is damaged in whatever way is refused and left alone, and served once it is restored',
    'faults/directory.test.ts › a read-only state directory is refused and left alone, and served once it can be written',
  ),
  claim(
    'Starts then fail with `UNAVAILABLE` and say so: raise `ulimit -n`.',
    'runner/out-of-files.test.ts › a server without a file descriptor takes nobody for gone, and says what it lacks',
  ),
  claim(
    '`silentSince` (`busy, silent` at the terminal) marks a running turn that has written nothing for a minute.',
    'tools/get-session.test.ts › says since when a running turn has said nothing, unless it waits for a person',
    'cli/list.test.ts › marks a running turn that has said nothing for a minute',
  ),
  claim(
    'After ten minutes its log names the tool that has not answered.',
    'runner/turn-watch.test.ts › says so once, with the tool that has not answered and how to stop it',
    'runner/claude-failures.test.ts › a tool that never answers is told in the log, by its name, and the turn can be stopped',
  ),
  claim(
    'The turn goes on; `interrupt_session` stops it, and `timeout` bounds it beforehand.',
    'runner/claude-stop.test.ts › stops a shell and ends it',
    'runner/claude-stop.test.ts › fails the turn that takes longer, and only that one',
  ),
  claim(
    'A `/compact` that shortens nothing is a failed turn, and one sent with `mode: steer` waits for the turn that runs.',
    'runner/claude-prompts.test.ts › fails if it compacts nothing: too little was said, or the API did not help',
    'tools/send-prompt.test.ts › queues %s, which is nothing that a running turn could take in',
  ),
  claim(
    'No session, log or idempotency key gets older by it: ages go by the uptime of the machine, over restarts of the server too.',
    'service/clock-jumps.test.ts › %s: sessions end once they were idle for so long',
    'service/clock-jumps.test.ts › %s: logs and keys are kept for so long',
  ),
  claim(
    'Over a reboot, they age by the time that the wall clock says has passed since the last activity, and never go back.',
    'store/steady-clock.test.ts › it is no earlier than what it has shown before the boot',
    'store/steady-clock.test.ts › after a boot the wall clock tells how much time has passed',
  ),
  claim(
    'What costs is a Claude Code process, and `--max-live` bounds them: each takes about 120 MiB of its own at its start, and 70 MiB that all share.',
    'service/scheduler.test.ts › are never more than the host may have, and a free place is taken at once',
  ),
  claim(
    'A server takes about 90 MiB, with 100,000 sessions no more: a session without a process is rows in a file, which a server does not load before somebody asks.',
    'bench/bench.test.ts › the short form measures every row and leaves nothing; how fast anything is, is not its business',
    'store/scale.test.ts › a server starts on them without loading what nobody asked for',
  ),
  claim(
    'The database is one file, its journal stays below 64 MiB, and what `--retain-ms` lets go is deleted in small steps; its room is used again.',
    'store/retention.test.ts › the room of what is forgotten is used again, and the journal stays small meanwhile',
    'store/contract-servers.ts › what ended long ago is forgotten step by step, and still counted',
  ),
  claim(
    'On Linux as root, or where user namespaces are allowed, a session runs in a PID namespace: the kernel ends all of it with its first process, and with the server.',
    'runner/process.test.ts › the strongest guard that works is a pid namespace where Linux allows one',
    'runner/process.test.ts › leaves nothing behind that outlives a killed parent and a sweep',
  ),
  claim(
    'On other Linux systems Claude Code dies with the server.',
    'runner/process.test.ts › is ended with all it started, a child in a session of its own included',
  ),
  claim(
    'Everything it started is found by a mark in its environment and by a resource limit that it inherits, so clearing the environment does not hide a process.',
    'integration/processes.test.ts › end_session, on a system %s, having cleared its environment',
    'runner/process.test.ts › needs the whole marker in the environment, not a part of it and not in an argument',
  ),
];
