/** Everything that a client can ask. */

import { OF_SESSION } from '../../src/resources/index.ts';
import { type Facet, METRICS_URI, sessionUri } from '../../src/resources/uris.ts';
import { ATTACH, CHANGES, type Ids, NOBODY, READS } from '../service/session-calls.ts';

/** One question, as it goes over the wire. */
export type Ask = { readonly method: string; readonly params: Record<string, unknown> };
export type Probe = { readonly what: string; ask(ids: Ids): Ask };

export const tool = (name: string, args: Record<string, unknown> = {}): Ask => ({
  method: 'tools/call',
  params: { name, arguments: args },
});
const prompt = (name: string, args: Record<string, string> = {}): Ask => ({
  method: 'prompts/get',
  params: { name, arguments: args },
});
const complete = (ref: object, name: string, value: string): Ask => ({
  method: 'completion/complete',
  params: { ref, argument: { name, value } },
});
const FACETS = Object.keys(OF_SESSION) as Facet[];

/** What alice's session is called; nobody's has the other name. */
export const NAMES = { alice: 'of-alice', nobody: 'of-nobody' } as const;

/** The same, with the session's name for its id. */
const BY_NAME: readonly Probe[] = [...READS, ...CHANGES, ATTACH]
  .filter(({ tool: name }) => name !== 'answer_permission_request')
  .map(({ title, tool: name, args }) => ({
    what: `tool ${title.replaceAll('"S"', '"NAME"')}`,
    ask: (ids: Ids) => {
      const isNobody = ids.sessionId === NOBODY.sessionId;
      return tool(name, args({ ...ids, sessionId: isNobody ? NAMES.nobody : NAMES.alice }));
    },
  }));

/** What names a session, or something of one. */
export const NAMED: readonly Probe[] = [
  ...[...READS, ...CHANGES, ATTACH].map(({ title, tool: name, args }) => ({
    what: `tool ${title}`,
    ask: (ids: Ids) => tool(name, args(ids)),
  })),
  ...BY_NAME,
  ...FACETS.flatMap((facet) => ({
    what: `resources/read ${sessionUri('NAME', facet)}`,
    ask: ({ sessionId }: Ids) => {
      const name = sessionId === NOBODY.sessionId ? NAMES.nobody : NAMES.alice;
      return { method: 'resources/read', params: { uri: sessionUri(name, facet) } };
    },
  })),
  ...FACETS.flatMap((facet) =>
    ['resources/read', 'resources/subscribe', 'resources/unsubscribe'].map((method) => ({
      what: `${method} ${sessionUri('S', facet)}`,
      ask: ({ sessionId }: Ids) => ({ method, params: { uri: sessionUri(sessionId, facet) } }),
    })),
  ),
  ...['review_session', 'triage_permissions'].map((name) => ({
    what: `prompt ${name} {"sessionId":"S"}`,
    ask: ({ sessionId }: Ids) => prompt(name, { sessionId }),
  })),
  ...[
    { type: 'ref/resource', uri: 'claude-session://{id}' },
    { type: 'ref/prompt', name: 'review_session' },
  ].map((ref) => ({
    what: `completion ${ref.type} S`,
    ask: ({ sessionId }: Ids) =>
      complete(ref, ref.type === 'ref/prompt' ? 'sessionId' : 'id', sessionId),
  })),
];

/** Questions without a session: lists, sums and completions. Asked before the session is created, and after. */
export const UNNAMED: readonly Probe[] = [
  ...[{}, { scope: 'mine' }, { taskId: 't' }, { label: 'k=v' }, { status: 'busy' }].map((args) =>
    always(`tool list_sessions ${JSON.stringify(args)}`, tool('list_sessions', args)),
  ),
  always('tool list_permission_requests {}', tool('list_permission_requests')),
  ...[{}, { scope: 'mine' }, { taskId: 't' }].map((args) =>
    always(`tool get_metrics ${JSON.stringify(args)}`, tool('get_metrics', args)),
  ),
  always('tool cleanup_sessions {}', tool('cleanup_sessions')),
  always('resources/list', { method: 'resources/list', params: {} }),
  always('resources/templates/list', { method: 'resources/templates/list', params: {} }),
  always(`resources/read ${METRICS_URI}`, {
    method: 'resources/read',
    params: { uri: METRICS_URI },
  }),
  always('tools/list', { method: 'tools/list', params: {} }),
  always('prompts/list', { method: 'prompts/list', params: {} }),
  always('prompt delegate_task', prompt('delegate_task', { task: 'x', taskId: 't' })),
  always('prompt daily_report', prompt('daily_report')),
  always('prompt daily_report {"taskId":"t"}', prompt('daily_report', { taskId: 't' })),
  always(
    'completion of a session by name',
    complete({ type: 'ref/prompt', name: 'review_session' }, 'sessionId', 'of-'),
  ),
  always(
    'completion of a task',
    complete({ type: 'ref/prompt', name: 'daily_report' }, 'taskId', 't'),
  ),
  always(
    'completion of a label',
    complete({ type: 'ref/prompt', name: 'daily_report' }, 'label', 'k'),
  ),
];

function always(what: string, ask: Ask): Probe {
  return { what, ask: () => ask };
}
