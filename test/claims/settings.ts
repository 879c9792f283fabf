import { type Claim, claim } from './claim.ts';

const DEFAULTS = 'readme.test.ts › names every setting, with its default';
const REFUSES = 'config.test.ts › refuses %j with one line that names it';

/** The table of settings, and what stands above it. */
export const SETTINGS: readonly Claim[] = [
  claim(
    'Each is a flag and an environment variable (`CLAUDE_SESSIONS_` and the flag in capitals).',
    'config.test.ts › a flag wins over the environment, and the environment over the default',
    'config.test.ts › a bad value in the environment names its variable',
  ),
  claim(
    'Flags win.',
    'config.test.ts › a flag wins over the environment, and the environment over the default',
  ),
  claim(
    'An unknown flag or a bad value stops the start with one line and exit code 2.',
    'integration/main.test.ts › with %s ends with 2 and one line',
    'integration/main.test.ts › with a bad value in the environment ends with 2 and one line that names the variable',
  ),
  claim(
    "| `--state-dir DIR` | the platform's state folder | where sessions are kept; 0700, files 0600 |",
    'config.test.ts › have the defaults of the contract',
    'integration/main.test.ts › keeps its state to its owner, whatever the umask',
  ),
  claim(
    '| `--root DIR` | your home directory | sessions may work below it, which is checked at each start of one; repeatable |',
    'service/policy.test.ts › outside the roots of the server that runs it is refused, with the name of the setting',
    'config.test.ts › have the defaults of the contract',
    'config.test.ts › roots are repeatable, resolved through links, and listed in a variable',
    'tools/working-directory.test.ts › is refused alike whether it is missing or only outside, so that nobody can probe',
  ),
  claim(
    '| `--claude-path FILE` | the one the Agent SDK brings | the Claude Code to run, 2.1.248 or later |',
    'runner/claude-version.test.ts › %s is too old',
    'runner/claude-start.test.ts › needs a Claude Code that can be run, and says how to get one',
    'packaging/bundle.test.ts › works from where it is unpacked, in the folders that were picked, with the Claude Code of the machine',
  ),
  claim(
    '| `--max-live N` | 16 | Claude Code processes at once; further turns wait |',
    DEFAULTS,
    'service/scheduler.test.ts › are never more than the host may have, and a free place is taken at once',
  ),
  claim(
    '| `--max-sessions N` | 100,000 | sessions that have not ended |',
    DEFAULTS,
    'tools/create-session.test.ts › refuses more sessions than the operator allows, by the name of the limit, until one has ended',
  ),
  claim(
    '| `--max-sessions-per-principal N` | all of them | how many of them one principal may have |',
    'config.test.ts › one principal may have all sessions, unless its share is named',
    'tools/create-session.test.ts › refuses one principal more than its share, and nobody else',
  ),
  claim(
    '| `--idle-evict-ms N` | 300,000 | an idle process is stopped; the session resumes by itself on its next prompt. Programs that it has left running (`nohup … &`) keep it for up to an hour, unless its place is needed |',
    'integration/processes.test.ts › an eviction for another session, which waits for what was left running, and then names it',
    DEFAULTS,
    'service/scheduler.test.ts › of an idle session are stopped after a while, and the session stays usable',
  ),
  claim(
    '| `--session-ttl-ms N` | 604,800,000 | an idle session is ended; setting the clock does not make it older |',
    'service/clock-jumps.test.ts › %s: sessions end once they were idle for so long',
    DEFAULTS,
    'service/housekeeper.test.ts › ends what has been idle for its time, and never what is busy',
  ),
  claim(
    '| `--retain-ms N` | 2,592,000,000 | an ended session and its log are forgotten |',
    DEFAULTS,
    'service/housekeeper.test.ts › forgets what ended long ago, and keeps the sums',
  ),
  claim(
    '| `--permission-timeout-ms N` | 1,800,000 | then a permission request is denied |',
    DEFAULTS,
    'tools/answer-permission-request.test.ts › expires: Claude is told no, the turn goes on, and an answer comes too late',
  ),
  claim(
    '| `--allow-bypass-permissions` | off | lets callers choose `bypassPermissions`; without it, no such session runs |',
    'service/policy.test.ts › runs no turn on a server without the flag, and goes on at one with it',
    DEFAULTS,
    'tools/create-session.test.ts › takes every permission mode but the one that needs the flag, and that one with it',
  ),
  claim(
    '| `--log-level LEVEL` | `info` | fatal, error, warn, info, debug, trace or silent |',
    DEFAULTS,
    REFUSES,
    'telemetry/journal.test.ts › calls that only look are logged at debug, and refused ones with their code',
  ),
  claim(
    '| `--log-file FILE` | standard error | JSON lines, to that file |',
    'integration/main.test.ts › writes nothing but JSON-RPC on standard output, and its log in JSON lines',
    'integration/main.test.ts › keeps its state to its owner, whatever the umask',
    'integration/main.test.ts › with a log file that is a folder ends with 1 and one line',
  ),
  claim(
    '| `--host ADDRESS` | `127.0.0.1` | where `http` listens, as clients name it; one that is not loopback needs TLS in front |',
    DEFAULTS,
    'transport/http-guard.test.ts › the address listened on may be the Host, IPv6 in brackets, but is no Origin',
  ),
  claim(
    '| `--port N` | 7337 | 0 takes any free one |',
    DEFAULTS,
    'integration/http.test.ts › does the main job for the %s client',
  ),
  claim(
    '| `--http-mode sessions\\|dual` | `sessions` | `dual` also serves the revision 2026-07-28, which has no MCP sessions |',
    DEFAULTS,
    'integration/http.test.ts › does the main job in the mode dual for a client of the newest revision, which has no session',
    'transport/http-clients.test.ts › older clients have their sessions beside it',
  ),
  claim(
    '| `--token-file FILE` | `token` in the state directory, made at the first start | `name:token` a line, or a bare token |',
    'integration/http.test.ts › lets nobody in without the right token',
    'transport/identity.test.ts › names a principal for each token, default for a bare one',
  ),
  claim(
    '| `--no-auth` | off | HTTP without a token, on loopback only |',
    DEFAULTS,
    REFUSES,
    'config.test.ts › serves %s without a token',
    'integration/http.test.ts › serves without a token where the operator said so',
  ),
  claim(
    '| `--allowed-host HOST` | `host:port` of this machine | a further `Host` to answer to, as clients send it; repeatable |',
    'config.test.ts › hosts, origins and authorization servers are repeatable, and stand with commas in a variable',
    'transport/http-perimeter.test.ts › may be one of the allow list, as may the Host',
  ),
  claim(
    '| `--allowed-origin ORIGIN` | none | web pages to answer (`https://app.example`); repeatable |',
    'transport/http-pages.test.ts › is answered to a page that may talk to us, without a token',
    'transport/http-pages.test.ts › is refused to %s, and names no page',
  ),
  claim(
    '| `--public-url URL` | where it listens | where clients reach `/mcp` when a proxy stands in front; its host is answered to |',
    'transport/http-pages.test.ts › the metadata says so to anybody, and a request without a token is pointed to it',
  ),
  claim(
    '| `--auth-server URL` | none | OAuth clients are told that this one issues the tokens; repeatable |',
    'transport/http-pages.test.ts › the metadata says so to anybody, and a request without a token is pointed to it',
    'transport/http-pages.test.ts › and nowhere else is there such a document',
  ),
  claim(
    "| `--rate-limit N` | 500 | HTTP requests a second of one principal; ten seconds' worth at once |",
    DEFAULTS,
    'transport/http-limits.test.ts › gets a tool result that says so and when to come back',
    'transport/rate-limiter.test.ts › in any time no more is taken than the burst and what came since, and waiting as told is enough',
    'docs/tables.test.ts › that HTTP says in words are those of the program',
  ),
];
