import { type Claim, claim } from './claim.ts';

const LIMITS = 'docs/tables.test.ts › of HTTP are those of the program: %s';
const IN_WORDS = 'docs/tables.test.ts › that HTTP says in words are those of the program';

/** What `docs/operating.md` says. */
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
    'When a server dies, another settles what it left within a second: its processes are killed, a turn that ran is `lost` (nothing is run again by itself), a prompt that cannot have reached Claude waits again.',
    'store/contract-claims.ts › a turn for a warm process is claimed as prompted, under the lease of that process only',
    'service/recovery.test.ts › a turn that Claude had seen is lost; its process is killed, its session ready',
    'service/recovery.test.ts › a turn that Claude had not seen waits again, and runs before the next',
    'docs/tables.test.ts › of time between servers are those of the program',
  ),
  claim(
    'A server that lives but has stood still for 15 s loses a session only when somebody asks for that session.',
    'service/recovery.test.ts › keeps what it has, its lease run out or not, until somebody asks for it',
    'integration/stopped-server.test.ts › a server that is stopped loses its session on demand, and its Claude Code writes no more',
    'docs/tables.test.ts › of time between servers are those of the program',
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
    'Each name in the token file is a principal with sessions of its own.',
    'transport/identity.test.ts › names a principal for each token, default for a bare one',
    'integration/http.test.ts › shows one principal nothing of another',
  ),
  claim(
    "Changes to the file count within seconds: a revoked token's streams and calls are cut, and the MCP sessions of a principal without a token end; a broken file changes nothing.",
    'transport/token-file.test.ts › is seen by itself',
    'transport/http-tokens.test.ts › its streams and calls are cut, and the MCP sessions of its principal end',
    'transport/token-file.test.ts › changes nothing while it %s, and says so once, without a token',
  ),
  claim(
    'Beyond loopback, put TLS in front and name what clients send as `Host` (`--public-url`, `--allowed-host box.lan:7337`).',
    'transport/http-perimeter.test.ts › may be one of the allow list, as may the Host',
    'transport/http-pages.test.ts › the metadata says so to anybody, and a request without a token is pointed to it',
  ),
  claim(
    '`--auth-server` only tells OAuth clients where tokens come from (RFC 9728): a token is good when it stands in the token file, whoever issued it.',
    'transport/http-pages.test.ts › the metadata says so to anybody, and a request without a token is pointed to it',
    'transport/identity.test.ts › names the principal of exactly its token, whatever the file holds',
  ),
  claim(
    "| requests | `--rate-limit` a second, ten seconds' worth at once | a tool call gets `LIMIT_EXCEEDED` and when to retry, anything else 429 |",
    'transport/http-limits.test.ts › gets a tool result that says so and when to come back',
    'transport/http-limits.test.ts › gets 429 for anything else, and is not heard less: notifications and streams pass',
    IN_WORDS,
  ),
  claim(
    '| MCP sessions | 600, of 1,000 in all | 429 |',
    'transport/http-sessions.test.ts › sessions are capped, for each principal and in all, and a place that was freed can be taken',
    LIMITS,
  ),
  claim(
    '| requests and streams under way | 2,000 | 429 |',
    'transport/http-exchanges.test.ts › are bounded for each principal, and a place that was freed can be taken',
    LIMITS,
  ),
  claim(
    '| sessions that have not ended | `--max-sessions-per-principal` | `LIMIT_EXCEEDED` |',
    'tools/create-session.test.ts › refuses one principal more than its share, and nobody else',
  ),
  claim(
    'A message may have 4 MiB, 128 levels and 40,000 elements, headers 16 KiB; headers must be complete after 10 s, a request after 30 s.',
    LIMITS,
    'transport/http-body.test.ts › at the limit is served and one byte more is refused, announced or not',
    'transport/http-body.test.ts › as deep and as wide as allowed is served, one more is not',
    'transport/http-perimeter.test.ts › headers larger than 16 KiB are refused',
    'transport/http-slow.test.ts › a client that %s is told so and cut off',
  ),
  claim(
    'All messages that come in at once may hold 64 MiB.',
    'transport/http-body.test.ts › is refused while others hold all that may come in at once, and served when they are gone',
    LIMITS,
  ),
  claim(
    'An MCP session without a request or stream ends after 30 minutes, after one if nothing followed `initialize`.',
    'transport/http-sessions.test.ts › ends after the idle time and not before',
    'transport/http-sessions.test.ts › in which nothing followed its opening ends much sooner',
    LIMITS,
    IN_WORDS,
  ),
  claim(
    'A client that reads nothing for a minute is cut off.',
    'transport/http-exchanges.test.ts › are cut when their client has taken nothing for a while, and not when it takes a little',
    'transport/http-transport.test.ts › a client that does not read its stream is cut off when too much waits for it, and no other',
    IN_WORDS,
  ),
  claim(
    'One that lost its connection gets the rest of a stream with `Last-Event-ID` (2025 revisions), from the newest 200 events or 1 MiB of its MCP session; `read_events` has everything.',
    'transport/http-replay.test.ts › gets the answer with the id of the last event it saw, and the stream ends',
    'transport/http-replay.test.ts › is the newest of a session, by number and by size',
    LIMITS,
  ),
  claim(
    'An address that sends 100 requests a minute without a valid token is answered 429 for more.',
    'transport/http-limits.test.ts › is answered 429 after a while, then 401 again, and its good requests always pass',
    LIMITS,
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
    '| the disk did not confirm a write | nothing more is written, reads go on | check the disk, restart, look whether the refused call took effect |',
    'faults/io-error.test.ts › after a failed sync of the journal nothing is acknowledged any more until the restart, and reads go on',
  ),
  claim(
    '| damaged, newer, or not writable, at start | exit code 1; the file is left as it is | do what the line says |',
    'faults/directory.test.ts › a database that is damaged in whatever way is refused and left alone, and served once it is restored',
    'faults/directory.test.ts › a read-only state directory is refused and left alone, and served once it can be written',
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
    'On other Linux systems Claude Code dies with the server, and what it started is found by a mark in its environment; so it is on macOS, where a `kill -9` of the server is cleaned up by the next server to look.',
    'runner/process.test.ts › is ended with all it started, a child in a session of its own included',
    'runner/process.test.ts › needs the whole marker in the environment, not a part of it and not in an argument',
  ),
];
