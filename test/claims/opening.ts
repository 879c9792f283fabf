import { type Claim, claim } from './claim.ts';

const DEMO = 'integration/demo.test.ts ›';
const CLIENTS = 'docs/clients.test.ts ›';

/** The first screen, clients, and how it works. */
export const OPENING: readonly Claim[] = [
  claim(
    'An MCP server that runs and supervises a fleet of real Claude Code sessions.',
    'integration/stdio.test.ts › does the main job for the %s client',
    'soak/soak.test.ts › sessions under everything that is done to them keep what is promised and leave nothing',
  ),
  claim(
    'From any MCP client you hand a session a job, watch it work, steer, approve, measure and stop it; sessions survive restarts, and nothing they start outlives them.',
    'integration/stdio.test.ts › does the main job for the %s client',
    'conformance/conformance.test.ts › of %s passes with the program, where it is generic',
    'integration/http.test.ts › after %s has all sessions and sums, and goes on with the conversation',
    'integration/processes.test.ts › its server that ends by %s in the middle of turns and background tasks',
    'runner/process.test.ts › leaves nothing behind that outlives a killed parent and a sweep',
  ),
  claim(
    'Both need git and npm; the Node that runs the project (24) comes with `npm ci`, whose warning of another one (`EBADENGINE`) means nothing.',
    'package.test.ts › brings the Node that runs it, whatever Node npm has',
  ),
  claim(
    'The demo starts the server as a client would, lets a real Claude Code fix a small project, links a task, prints the metrics, ends the session and looks for processes left over.',
    `${DEMO} the demo runs without a key, says that the model was a stand-in, and leaves nothing`,
    'picture/picture.test.ts › the picture of the README shows what the demo prints; `npm run picture` makes it',
  ),
  claim(
    'With `ANTHROPIC_API_KEY` set it uses the real API; without, the model is a scripted stand-in on your machine, and the demo says so.',
    `${DEMO} with a key the demo asks the API that Claude Code asks by itself, and says so`,
    `${DEMO} the demo runs without a key, says that the model was a stand-in, and leaves nothing`,
  ),
  claim(
    '**Claude Code**, over stdio:',
    `${CLIENTS} Claude Code: \`claude mcp add\` of the README and the page makes an entry that connects`,
    'integration/claude-code.test.ts › starts the server from mcp.json and calls create_session and get_metrics',
  ),
  claim(
    '**Claude Desktop**, **Cursor** and other clients with a configuration file (this is `mcp.json`, with the folder named):',
    `${CLIENTS} %s: the file starts the server`,
    'readme.test.ts › shows mcp.json as it is, but for the folder and the key',
  ),
  claim(
    '**Many clients over HTTP**: start the server, then paste the line it prints.',
    `${CLIENTS} HTTP: the line that the server prints makes an entry that connects`,
  ),
  claim('Ending npm ends the server.', 'integration/npm-start.test.ts › by %s'),
  claim(
    'Over stdio the server answers what it has read, then ends with its client.',
    'integration/end-of-input.test.ts › answers a whole script that was piped into it: what was made is told',
    'integration/main.test.ts › of the input is 0, before the first message too',
  ),
  claim(
    'A turn that runs is stopped, and the session waits for its next prompt.',
    'integration/processes.test.ts › its server that ends by %s in the middle of turns and background tasks',
    'service/scheduler.test.ts › stops what runs, and leaves what is queued for the next start',
  ),
  claim(
    'Over HTTP a session works on when its client leaves.',
    'service/disconnect.test.ts › made with %j goes on with its turn',
    'transport/http-presence.test.ts › a session is away while it has no request and no stream open',
  ),
  claim(
    'A session that is given no directory works where the server was started, or in the first root.',
    'config.test.ts › without a directory of its own a session works here, or in the first root',
    'integration/mcp-json.test.ts › npm called from another folder: a session works there, and paths are meant from there',
  ),
  claim(
    'In a clone, `claude-sessions-mcp` on these pages is `npm --silent --prefix PATH_TO start --`; the files that you name with it are meant from where you are.',
    'integration/mcp-json.test.ts › npm called from another folder: a session works there, and paths are meant from there',
  ),
  claim(
    'The npm package is not published yet; once it is, `npx -y claude-sessions-mcp` takes the place of `npm … start`, and no clone is needed.',
    'packaging/npm.test.ts › the npm package, installed into an empty folder, runs from there and gives the library with its types',
  ),
  claim(
    '[docs/clients.md](docs/clients.md) has VS Code, the MCP Inspector, TypeScript and Python, a bundle for Claude Desktop, and the package as a file.',
    'docs/tables.test.ts › name no file and no heading of ours that is not there',
    `${CLIENTS} Inspector: both lines do what they say`,
    `${CLIENTS} TypeScript: the program with the MCP SDK has Claude answer`,
    `${CLIENTS} Python: it calls tools that there are, with arguments that they take`,
    'packaging/bundle.test.ts › works from where it is unpacked, in the folders that were picked, with the Claude Code of the machine',
  ),
  claim(
    'A session is a log.',
    'session/fold.test.ts › takes whatever is decided, refuses without a trace, and counts what is open',
    'store/contract-metrics.ts › after any commands the rows are what the log makes of them, and the sums what they add up to',
  ),
  claim(
    'Every tool call decides events, writes them to SQLite (one WAL file, fsynced before the answer), and only then answers.',
    'durability/fsync.test.ts › each of more than 200 changing calls is answered after the fsync of what it wrote, and concurrent ones share it',
  ),
  claim(
    "A session's Claude Code process starts with its first prompt, stays warm between prompts, is stopped when idle and resumes by itself.",
    'tools/fork-session.test.ts › without a prompt only makes it; with one it lives and ends by itself',
    'service/scheduler.test.ts › stay warm for the next prompt of their session',
    'service/scheduler.test.ts › of an idle session are stopped after a while, and the session stays usable',
    'runner/claude.test.ts › goes on after its process was closed, with the conversation and the count of its cost',
  ),
  claim(
    'If its conversation is gone by then, the turn fails and says so: no conversation is silently begun anew.',
    'runner/claude-transcript.test.ts › names the session and the way to begin anew',
    'runner/claude-transcript.test.ts › is not forked into an empty one',
    'service/lineage.test.ts › nothing before the first turn, and that it must be there once a turn is completed',
  ),
  claim(
    'Its `$TMPDIR` lives as long as the session.',
    'integration/processes.test.ts › an eviction for another session, which waits for what was left running, and then names it',
  ),
  claim(
    'It runs in a process tree that dies with it: on Linux in a PID namespace where that is allowed.',
    'runner/process.test.ts › the strongest guard that works is a pid namespace where Linux allows one',
    'runner/process.test.ts › is ended with all it started, a child in a session of its own included',
  ),
  claim(
    "As a library, `import { SessionManager } from 'claude-sessions-mcp'` gives the session core alone, in memory.",
    'packaging/npm.test.ts › the npm package, installed into an empty folder, runs from there and gives the library with its types',
    'manager/session-manager.test.ts › works without any dependency',
  ),
  claim(
    '`src/README.md` is the map of the code, [docs/contributing.md](docs/contributing.md) the way in.',
    'architecture.test.ts › every module imports its own room or a lower one, and only the packages its room owns',
    'docs/tables.test.ts › name no file and no heading of ours that is not there',
  ),
  claim(
    'The built program holds the packages that it uses, with their licences in `dist/THIRD-PARTY-LICENSES`.',
    'packaging/built.test.ts › holds the licence of every package that is in it',
    'packaging/built.test.ts › loads nothing but Node’s own modules and what package.json names',
  ),
];
