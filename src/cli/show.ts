import type { Failure } from '../errors.ts';
import { PENDING_PERMISSIONS_MAX } from '../limits.ts';
import type { PermissionRequest } from '../session/event.ts';
import { modeOf } from '../session/mode.ts';
import { type DisconnectPolicy, directoriesOf, type TrustLevel } from '../session/options.ts';
import { hasFailed, type Session, silentSince, uuidOf } from '../session/session.ts';
import { settingsOf } from '../session/trust.ts';
import { optionsNow } from '../session/update.ts';
import type { Inspection } from '../store/inspection.ts';
import { oneLine } from '../text.ts';
import {
  ago,
  contextText,
  count,
  counted,
  dollars,
  duration,
  localTime,
  tildePath,
  tokensText,
} from '../views/figures.ts';
import { showRequest } from '../views/request.ts';
import { showRules } from '../views/rules.ts';
import { besideHead, firstLines, type Style, screenLines, styled, wrap } from '../views/screen.ts';
import { isoTime } from '../views/session.ts';
import { bodyText, noteText, otherInput, tellRequest } from '../views/telling.ts';
import { answerText, shortRequestId } from './answer-commands.ts';
import { flagsOf } from './flags.ts';
import { type Holders, readHolders, type SeenServer, settlement } from './holders.ts';
import { isOthers, knownSession } from './sessions.ts';
import { sessionJson, statusOf } from './status.ts';
import { type CommandContext, type Terminal, writeJson } from './terminal.ts';

/** Number of events in which to look for the last text. */
const SAID_EVENTS = 200;
const FACT_LINES_MAX = 6;
const FACT_WIDTH = 'principal  '.length;

/** A request, above all a plan, is read before it is answered, and rules are read as a whole. */
const LINES_MAX: ReadonlyMap<string, number> = new Map([
  ['directory', 50],
  ['asks', 200],
  ['allowed', 100],
  ['denied', 100],
]);

type Fact = readonly [title: string, text: string | undefined, style?: Style];

type Known = {
  readonly session: Session;
  readonly requests: readonly PermissionRequest[];
  readonly holders: Holders;
  /** What was allowed for the rest of the session. */
  readonly remembered: readonly string[];
  /** The last text. */
  readonly said: string | undefined;
};

/** Shows one session: what it is, does and asks, what it may, and what it cost. */
export async function show(context: CommandContext): Promise<number> {
  const { settings, terminal } = context;
  const { json } = flagsOf(settings);
  const { session, inspection } = await knownSession(context);
  const now = terminal.now();
  const [requests, holders, remembered, said] = await Promise.all([
    inspection.permissionRequests(session, PENDING_PERMISSIONS_MAX),
    readHolders(inspection, now),
    inspection.remembered(session.id),
    lastText(inspection, session),
  ]);
  if (json) {
    await writeJson(terminal, {
      session: sessionJson(session, holders, now),
      rules: showRules(session, remembered),
      permissionRequests: requests.map(showRequest),
      server: serverJson(holders.serverOf(session)),
    });
    return 0;
  }
  const rows = factsOf({ session, requests, holders, remembered, said }, now);
  await terminal.write(rows.map((row) => factText(terminal, row)).join(''));
  return 0;
}

async function lastText(inspection: Inspection, session: Session): Promise<string | undefined> {
  const { id, lastSeq } = session;
  const events = await inspection.events(id, Math.max(0, lastSeq - SAID_EVENTS), SAID_EVENTS);
  return events.flatMap((event) => (event.type === 'text' ? event.text : [])).at(-1);
}

function serverJson(server: SeenServer | undefined) {
  if (server === undefined) return undefined;
  const { pid, state, transport, since } = server;
  return { pid, state, transport, since: isoTime(since) };
}

function factsOf(known: Known, now: number): readonly Fact[] {
  const { session, requests, holders, said } = known;
  const when = (at: number): string => `${localTime(at)}  (${ago(now - at)})`;
  const { endedAt, error, options } = session;
  const silent = silentSince(session, now);
  const { text: status, style } = statusOf(session, holders, now);
  const lease = holders.leaseOf(session);
  const facts: readonly Fact[] = [
    ['id', session.id],
    ['name', session.name, 'bold'],
    ['status', status, style],
    ['silent', silent === undefined ? undefined : `since ${when(silent)}`, 'yellow'],
    ['error', error && failureText(error), 'red'],
    ['last turn', lastTurnText(session, when), hasFailed(session) ? 'red' : undefined],
    ['principal', isOthers(session) ? session.principal : undefined],
    ['directory', directoriesOf(options).map(tildePath).join('\n')],
    ['tasks', session.taskIds.join(', ')],
    ['labels', pairsText(session.labels)],
    ...ruleFacts(known),
    ['created', when(session.createdAt)],
    ['active', endedAt === undefined ? when(session.lastActivity) : undefined],
    ['ended', endedAt === undefined ? undefined : `${when(endedAt)}\n${session.endReason ?? ''}`],
    ['turns', turnCounts(session)],
    ['tokens', tokensText(session.usage)],
    ['context', session.context && contextText(session.context)],
    ['cost', costText(session)],
    ['server', serverText(known, when), holders.isAbandoned(session) ? 'red' : undefined],
    ['process', lease?.process && `pid ${lease.process.pid}`],
    ['background', holders.isAbandoned(session) ? undefined : tasksText(session)],
    ['events', String(session.lastSeq)],
    ['asks', requests.map((request) => requestText(request, session, now)).join('\n'), 'yellow'],
    ['said', said],
    // Only if no server runs it.
    ['resume', lease === undefined ? `claude --resume ${uuidOf(session.id)}` : undefined],
  ];
  return facts.filter(([, text = '']) => text !== '');
}

/** What the session may do, and how it runs. */
function ruleFacts({ session, remembered }: Known): readonly Fact[] {
  const { allowedTools = [], disallowedTools = [], ...options } = optionsNow(session);
  const { model, maxTurns, timeout, onDisconnect = 'detach', effort, fallbackModel } = options;
  const { sandbox, agents = {}, mcpServers } = options;
  const limits = [
    maxTurns === undefined ? '' : `${counted(maxTurns, 'step')} a turn (maxTurns)`,
    timeout === undefined ? '' : `${duration(timeout)} a turn (timeout)`,
  ];
  return [
    ['model', fallbackModel ? `${model ?? 'default'}, or ${fallbackModel} if overloaded` : model],
    ['effort', effort],
    ['mode', modeOf(session)],
    ['settings', LOADED[settingsOf(session)]],
    ['allowed', [...allowedTools, ...remembered.map((it) => `${it} (for the session)`)].join('\n')],
    ['denied', disallowedTools.join('\n')],
    ['sandbox', sandbox === true ? sandboxText(options.sandboxDomains) : ''],
    ['agents', Object.keys(agents).join(', ')],
    ['servers', mcpServers && (mcpServers.join('\n') || 'none of the MCP servers')],
    ['limits', limits.filter(Boolean).join(', ')],
    ['client', LEAVING[onDisconnect]],
  ];
}

/** What of the directory's own configuration counts. */
const LOADED: Readonly<Record<TrustLevel, string>> = {
  none: 'none: nothing of the directory counts',
  memory: 'memory: the text of CLAUDE.md counts, nothing else of the directory',
  project: "project: the directory's settings, hooks, skills and MCP servers count",
  user: "user: the directory's configuration counts, and that of the server's user",
};

function sandboxText(domains: readonly string[] = []): string {
  const network = domains.length === 0 ? 'no network' : `network only to ${domains.join(', ')}`;
  return `for shell commands; ${network}`;
}

/** What happens when the client that the session is tied to disconnects. */
const LEAVING: Readonly<Record<DisconnectPolicy, string>> = {
  detach: 'if it disconnects, the session goes on (onDisconnect: detach)',
  interrupt: 'if it disconnects, the turn is interrupted (onDisconnect: interrupt)',
  end: 'if it disconnects, the session ends (onDisconnect: end)',
};

function costText(session: Session): string {
  const { maxBudgetUsd } = optionsNow(session);
  const spent = dollars(session.usage.costUsd);
  return maxBudgetUsd === undefined ? spent : `${spent} of ${dollars(maxBudgetUsd)} (maxBudgetUsd)`;
}

function lastTurnText({ lastTurn }: Session, when: (at: number) => string): string | undefined {
  if (lastTurn === undefined) return undefined;
  const { state, error, endedAt } = lastTurn;
  const time = endedAt === undefined ? '' : `  ${when(endedAt)}`;
  return [`${state}${time}`, error && failureText(error)].filter(Boolean).join('\n');
}

function failureText({ code, message, hint }: Failure): string {
  return [`${code}: ${message}`, hint].filter(Boolean).join('\n');
}

function serverText({ session, holders }: Known, when: (at: number) => string): string | undefined {
  const server = holders.serverOf(session);
  const isAbandoned = holders.isAbandoned(session);
  if (server === undefined) return isAbandoned ? `none runs: ${settlement(holders)}` : undefined;
  const { pid, state, transport, since } = server;
  const more = [transport, since === undefined ? '' : `since ${when(since)}`].filter(Boolean);
  const name = [`pid ${pid ?? 'unknown'}`, ...more].join(', ');
  if (state === 'gone') return `${name}: is gone; ${settlement(holders)}`;
  if (state === 'stopped') return `${name}: is stopped (SIGSTOP)`;
  return state === 'unknown' ? `${name}: cannot be seen from here` : name;
}

/** All of the input: what is allowed must have been read. */
function requestText(request: PermissionRequest, { options }: Session, now: number): string {
  const { notes, ...told } = tellRequest(request, options.workingDirectory);
  const { expiresAt, requestId, description } = request;
  const left = expiresAt - now;
  const expiry = left > 0 ? `expires in ${duration(left)}` : 'has expired';
  const text = bodyText(told);
  const about = description === undefined || text.includes(description) ? [] : [description];
  const input = otherInput(request).filter(({ text }) => text !== description);
  return [
    text,
    ...about,
    ...[...input, ...notes].map(noteText),
    `request ${shortRequestId(requestId)}, ${expiry}`,
    answerText(request),
  ].join('\n');
}

function turnCounts({ turns }: Session): string {
  const { completed, failed, interrupted, lost, cancelled, running, queued } = turns;
  const ofFailed = lost > 0 ? ` (${count(lost)} lost)` : '';
  const rare = [
    interrupted > 0 ? `${count(interrupted)} interrupted` : '',
    cancelled > 0 ? `${count(cancelled)} cancelled` : '',
  ];
  const counts = [
    `${count(completed)} completed`,
    `${count(failed)} failed${ofFailed}`,
    ...rare.filter(Boolean),
    `${count(running)} running`,
    `${count(queued)} queued`,
  ];
  return counts.join(', ');
}

function tasksText({ background }: Session): string {
  return (background?.tasks ?? []).map((task) => `${task.kind}: ${task.description}`).join('\n');
}

function pairsText(pairs: Readonly<Record<string, string>>): string {
  return Object.entries(pairs)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ');
}

function factText(terminal: Terminal, [title, text = '', style]: Fact): string {
  const { columns } = terminal;
  if (columns === undefined) return `${title}\t${oneLine(text)}\n`;
  const all = screenLines(text).flatMap((line) => wrap(line, columns - FACT_WIDTH));
  const lines = firstLines(all, LINES_MAX.get(title) ?? FACT_LINES_MAX);
  const head = styled(terminal, 'dim', title.padEnd(FACT_WIDTH));
  return besideHead(
    head,
    FACT_WIDTH,
    lines.map((line) => styled(terminal, style, line)),
  );
}
