import { type Claim, claim } from './claim.ts';

/** Security, operating, figures and limits. */
export const OPERATING: readonly Claim[] = [
  claim(
    'A session works only in a directory inside a root, after symbolic links are resolved.',
    'tools/working-directory.test.ts › is refused alike whether it is missing or only outside, so that nobody can probe',
    'tools/create-session.test.ts › resolves links inside the roots, so that the session works in the real directory',
  ),
  claim(
    'Nothing in a repository runs or applies at start: its settings, hooks, `.mcp.json`, `CLAUDE.md` and scheduled prompts are not read, nor are your own Claude Code settings; give instructions with `appendSystemPrompt`.',
    'runner/claude-isolation.test.ts › a session runs no prompt that its repository has scheduled, and leaves the schedule alone',
    'runner/claude-isolation.test.ts › a session obeys nothing that its repository says, nor the settings of the person who runs the server',
  ),
  claim(
    "What Claude does later passes Claude Code's permission rules; whatever those do not settle waits for `answer_permission_request`.",
    'runner/claude-permissions.test.ts › that is allowed lets the tool run as it was asked',
    'runner/claude-permissions.test.ts › run without a question, by name or by rule',
    'tools/answer-permission-request.test.ts › allow: Claude may, once, with the input that it asked with',
  ),
  claim(
    'An answer "for the session" covers what the request says in `rememberAs`, and nothing else: a shell command exactly as it stands, a file tool inside the session\'s directory, one host of WebFetch, one MCP tool.',
    'integration/permissions.test.ts › and was allowed for the session is allowed no wider than was said, and as it was changed',
    'service/permission-memory.test.ts › is said before and after, and known to every later process of the session, also after a restart, and to no fork',
    'runner/memory.test.ts › covers a command as it stands, and shows it',
    'runner/memory.test.ts › covers addresses of the same host',
    'runner/memory.test.ts › covers a tool of an MCP server, with any input',
  ),
  claim(
    'Protected files (`.git`, `.claude`, `.mcp.json`, shell start files, keys and credentials) are asked for each time.',
    'integration/permissions.test.ts › and was allowed for the session is allowed no wider than was said, and as it was changed',
    'runner/memory.test.ts › does not cover what a link leads out to, be it there or not yet',
    'runner/memory.test.ts › does not cover Claude Code’s configuration, wherever it is',
  ),
  claim(
    'If you change the input, the changed input is what is remembered.',
    'service/permission-memory.test.ts › to a changed input is remembered as what it was changed to',
  ),
  claim(
    'A plan is shown before it is approved.',
    'integration/permissions.test.ts › about a plan shows it, and a plan that is approved stays so after an eviction and a restart',
    'runner/claude-plan.test.ts › says so if there is no plan to be shown',
  ),
  claim(
    'If its file changes before the answer, Claude must present it again.',
    'runner/claude-plan.test.ts › is not approved as something else than what was shown: its file may change before the answer',
  ),
  claim(
    'An approved plan stays approved when Claude Code is restarted.',
    'integration/permissions.test.ts › about a plan shows it, and a plan that is approved stays so after an eviction and a restart',
    'service/permission-mode.test.ts › a mode that is reached is shown, and is the one of every later process, and of a fork',
  ),
  claim(
    'The text of a prompt is only text: `@path` in it reads no file, and a `/command` in it is not run, wherever the text comes from.',
    'runner/claude-prompts.test.ts › names files and reads none, whatever the session may do',
    'runner/claude-prompts.test.ts › reaches the model as written when it looks like a command, and changes no configuration',
    'runner/claude-prompts.test.ts › is as harmless when it is put into a turn that runs',
  ),
  claim(
    'The one exception is `/compact`; `/clear`, `/reset` and `/new` are refused.',
    'runner/claude-prompts.test.ts › compacts the conversation; what stands behind it names files and reads none',
    'runner/claude-prompts.test.ts › a conversation is not cleared by %j',
  ),
  claim(
    "Claude Code gets a fixed list of environment variables, never the rest of the server's environment.",
    'runner/environment.test.ts › what is not on the list stays out, however it is named',
    'runner/claude-start.test.ts › shows no secret on the command line, and Claude Code only what it needs',
  ),
  claim(
    "Its file tools are kept from the server's own tokens and database, also after a link to them has changed.",
    "runner/claude-isolation.test.ts › a session in the mode %s reads and writes none of the server's own files, wherever it works",
    'runner/claude-secret-files.test.ts › stays closed in the mode %s',
  ),
  claim(
    "A session's file tools, and shell commands that name the folder, are kept from the conversations of other sessions.",
    'runner/claude-isolation.test.ts › a session reads its own long outputs, and not the conversation of another one',
  ),
  claim(
    "Claude Code's automatic memory is off, because every later session in the same directory would go by it.",
    'runner/claude-isolation.test.ts › a session is not told what others have left to be remembered',
  ),
  claim(
    "If Claude prints a credential of the server's environment, or one of the server's tokens, it is kept and shown as `[redacted]`.",
    'integration/secrets.test.ts › leaves neither its key nor its token in database, journal, log, figures or results',
    'runner/claude-redaction.test.ts › what Claude says, thinks, asks with and is told by a tool leaves the runner without the key',
  ),
  claim(
    'This finds whole values of eight or more characters, plain or in a common encoding; a password that is an everyday word is hidden wherever that word occurs.',
    'redaction.test.ts › whatever the credentials are, no text holds one, and a text without one is as it was',
    'redaction.test.ts › in base64, %s bytes after its beginning',
  ),
  claim(
    "Over HTTP every MCP request needs a bearer token (unless you said `--no-auth`), and Host and Origin must be this machine's.",
    'transport/http-perimeter.test.ts › is asked for in every method, whatever session is named',
    'transport/http-perimeter.test.ts › is asked for on every request, so that a revoked one opens nothing more',
    'transport/http-perimeter.test.ts › may not be %s',
    'transport/http-perimeter.test.ts › may not be %j, in no method and with a good token',
  ),
  claim(
    "Another principal's session answers exactly like one that never was.",
    'ownership/ownership.test.ts › $what: gets what an id gets that never was, by the same way',
    'ownership/ownership.test.ts › $what: gets what it got before there was one',
    "resources/resources.test.ts › another principal's session reads byte for byte like one that never was",
  ),
  claim(
    'An MCP session id is never proof of identity.',
    "service/access.test.ts › is not taken for the first one by its MCP session's id",
    'transport/http-sessions.test.ts › of another principal answers byte for byte like one that never was',
  ),
  claim(
    '**Several servers** may share one state directory: each client starts its own, and all see the same sessions.',
    'service/servers.test.ts › a client of one waits for what happens at the other',
    'chaos/chaos.test.ts › servers under kills and stops for a minute keep every promise',
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
    'Over HTTP, `/metrics` has figures for Prometheus and `/healthz` says whether the server lives.',
    'telemetry/prometheus.test.ts › the text is what Prometheus reads: typed, with base units, and the event loop among it',
    'transport/http-figures.test.ts › answers the only principal there is',
    'transport/http-perimeter.test.ts › health needs no token and tells nothing more',
  ),
  claim(
    'The log follows each prompt under one id: [docs/observability.md](docs/observability.md).',
    'telemetry/journal.test.ts › one id follows a prompt through the log, from the call to the result, and the caller’s trace with it',
    'integration/observability.test.ts › follows a prompt through log and figures, and puts no secret into either',
  ),
  claim(
    '**When the disk fails**, nothing is acknowledged that is not on it.',
    'faults/disk-full.test.ts › a disk with %i bytes left refuses, and serves again once there is room',
    'faults/io-error.test.ts › whichever journal write fails with %s, the call is refused and the next one succeeds',
    'faults/io-error.test.ts › while no sync of the journal succeeds nothing is acknowledged and reads go on; then the server goes on by itself',
  ),
  claim(
    'An hour of supervision, that is to create a session, send five prompts, settle two permissions, wait, read, measure and end, costs the model of your client about 6,700 tokens in all, and about 4,400 more, once, for the tools and how to use them.',
    'tokens/tokens.test.ts › an hour of supervision costs the tokens that the README says',
  ),
  claim(
    'One wait of up to 50 s costs about 280.',
    'tokens/tokens.test.ts › an hour of supervision costs the tokens that the README says',
  ),
  claim(
    '`npm run tokens` counts them, with a public tokenizer.',
    'tokens/tokens.test.ts › an hour of supervision costs the tokens that the README says',
    'docs/tables.test.ts › the commands of the contributors’ page are those of package.json',
  ),
  claim(
    '| answers remembered in one session | 1,000 |',
    'service/permission-memory.test.ts › is remembered so often and no more, and says so',
  ),
  claim(
    '| one wait | 50 s |',
    'docs/tables.test.ts › of the README are those of the program',
    'tools/bad-input.test.ts › a value out of its range',
  ),
  claim(
    '| one prompt | 1 MiB |',
    'docs/tables.test.ts › of the README are those of the program',
    'tools/bad-input.test.ts › a value out of its range',
  ),
  claim(
    '| prompts that wait in one session | 100 |',
    'docs/tables.test.ts › of the README are those of the program',
    'tools/send-prompt.test.ts › refuses more prompts than may wait, by the name of the limit',
  ),
  claim(
    '| permission requests open in one session | 100 |',
    'docs/tables.test.ts › of the README are those of the program',
    'tools/answer-permission-request.test.ts › is denied at once past the bound of open ones, and the turn goes on',
  ),
  claim(
    '| tasks of one session | 1,000 |',
    'docs/tables.test.ts › of the README are those of the program',
    'tools/link-task.test.ts › refuse more tasks than a session may have, and unlinking makes room',
  ),
  claim(
    '| labels of one session | 32 |',
    'docs/tables.test.ts › of the README are those of the program',
    'tools/create-session.test.ts › takes values at their bounds',
    'tools/bad-input.test.ts › a value out of its range',
  ),
  claim(
    '| sessions in one `wait_sessions` | 100 |',
    'docs/tables.test.ts › of the README are those of the program',
    'tools/wait-sessions.test.ts › watches a hundred sessions in one call',
    'tools/bad-input.test.ts › a value out of its range',
  ),
  claim(
    '| a reply of `read_events` | 64 KiB; 1 MiB with `detail` `full`, or one event |',
    'docs/tables.test.ts › of the README are those of the program',
    'views/events.test.ts › keeps a reply of many %j to 64 KB, the session included',
    'views/events.test.ts › gives whole bodies, a page of 1 MB at a time',
    'views/events.test.ts › gives an event that is larger than a page alone, rather than never',
  ),
  claim(
    '| the result of a turn, as kept | 16 KiB; the log has all of it |',
    'docs/tables.test.ts › of the README are those of the program',
    'runner/translate.test.ts › bounds its result',
    'runner/translate.test.ts › keeps a long text whole in several events, and cuts a long tool result with a note',
  ),
  claim(
    'What you send over a bound is refused and says so.',
    'tools/bad-input.test.ts › a value out of its range',
    'tools/send-prompt.test.ts › refuses more prompts than may wait, by the name of the limit',
  ),
  claim(
    'A state directory on a network file system is refused.',
    'store/open.test.ts › file system %i is refused as %s',
  ),
];
