/** One repository that tries everything, as a user of the program meets it: trusted by nobody, and trusted. */

import { mkdirSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { claudeBinary } from '../support/claude-env.ts';
import type { Workplace } from '../support/client/place.ts';
import type { SdkClient } from '../support/client/sdk-client.ts';
import {
  EVENTS,
  MARKED_MODEL,
  MarkedRepository,
  PRINT_VARIABLES,
  put,
  wordsIn,
} from '../support/marked-repository.ts';
import { type MessagesApi, type Step, startMessagesApi } from '../support/messages-api.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';
import { toolServer } from '../support/tool-servers.ts';
import { answer, connectTo, exists, OPTIONS, question, rest, send, turn } from './sessions.ts';

/** What of a repository is read that nobody trusts. */
const TEXT = ['claude-md', 'dot-claude-md', 'imported', 'rule'];

type Made = { readonly place: Workplace; readonly repository: MarkedRepository };

/** A place with a marked repository in it, and with a server that is not ours if the repository is to name one. */
async function make(foreign?: MessagesApi): Promise<Made> {
  const place = await makeWorkplace();
  const marks = join(place.scratch, 'marks');
  mkdirSync(marks);
  const repository = new MarkedRepository({
    above: place.directory,
    home: place.env.HOME ?? '',
    config: place.env.CLAUDE_CONFIG_DIR ?? '',
    marks,
    foreignUrl: foreign?.url,
  });
  return { place, repository };
}

async function startForeign(): Promise<MessagesApi> {
  const foreign = await startMessagesApi();
  onTestFinished(() => foreign.close());
  return foreign;
}

/** Reads in the repository and runs a shell there, which is asked about and allowed. */
async function work(client: SdkClient, { repository }: Made, more = {}): Promise<string> {
  const options = { workingDirectory: repository.path, ...more };
  const { session } = await client.call('create_session', options);
  const steps: Step[] = [
    { tool: 'Read', input: { file_path: join(repository.path, 'nested', 'file.txt') } },
    { tool: 'Bash', input: { command: `${PRINT_VARIABLES}; touch printed` } },
    { text: 'end' },
  ];
  await send(client, session.id, steps);
  await answer(client, await question(client, session.id), { decision: 'allow' });
  await rest(client, session.id);
  const ended = await client.call('get_session', { sessionId: session.id });
  expect(ended.session.lastTurn?.state).toBe('completed');
  return session.id;
}

/** Nothing ran, nothing was sent elsewhere, and the model was told the text. */
async function expectText({ place, repository }: Made, foreign: MessagesApi): Promise<void> {
  expect(await repository.touched()).toEqual([]);
  expect(foreign.requests).toEqual([]);
  expect(place.api.requests.length).toBeGreaterThan(1);
  for (const { headers, body } of place.api.requests) {
    expect(headers['x-api-key']).toBe(place.env.ANTHROPIC_API_KEY);
    expect(body?.model).not.toBe(MARKED_MODEL);
  }
  expect(wordsIn(place.api.requests.map(({ body }) => body))).toEqual(TEXT);
}

async function printedBy(client: SdkClient, sessionId: string): Promise<string> {
  const { events } = await client.call('read_events', { sessionId, limit: 500 });
  const texts = events.flatMap((event) => (event.type === 'tool_result' ? [event.text] : []));
  return texts.join('\n');
}

describe('a hostile repository', OPTIONS, () => {
  test('runs nothing, gets nothing and is read, over stdio', async () => {
    const foreign = await startForeign();
    const made = await make(foreign);
    made.repository.record(false);
    const client = await connectTo(made.place);
    const id = await work(client, made);
    await expectText(made, foreign);
    expect(await printedBy(client, id)).toMatch(/^ {2}\.$/m);
    // Its commands are no commands.
    expect(await turn(client, id, '/repository-command x')).toMatchObject({
      result: 'ok: /repository-command x',
    });
    await client.call('end_session', { sessionId: id });
    expect(await made.repository.touched()).toEqual([]);
  });

  test('runs nothing, gets nothing and is read, over HTTP, though a person has trusted it', async () => {
    const foreign = await startForeign();
    const made = await make(foreign);
    made.repository.record(true);
    const client = await connectHttp('v2 auto', await made.place.startHttp());
    await work(client, made);
    await expectText(made, foreign);
  });

  test('is not even read by a Claude Code that does not know how to read only its text', async () => {
    const foreign = await startForeign();
    const made = await make(foreign);
    made.repository.record(false);
    const claude = join(made.place.scratch, 'older-claude');
    const line = `unset CLAUDE_CODE_ADDITIONAL_DIRECTORIES_CLAUDE_MD; exec '${claudeBinary()}' "$@"`;
    await writeFile(claude, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    await work(await connectTo(made.place, '--claude-path', claude), made);
    expect(wordsIn(made.place.api.requests.map(({ body }) => body))).toEqual([]);
    expect(await made.repository.touched()).toEqual([]);
    expect(foreign.requests).toEqual([]);
  });
});

describe('the same repository, trusted by a person', OPTIONS, () => {
  test('is as in a terminal: hooks, rules, MCP servers, commands, model, and what the user has', async () => {
    const made = await make();
    const { place, repository } = made;
    put(repository.path, {
      '.mcp.json': JSON.stringify({ mcpServers: { repository: toolServer() } }),
    });
    repository.record(true);
    const client = await connectTo(place);
    const id = await work(client, made);
    const printed = await printedBy(client, id);
    expect(printed).toMatch(/^repository local user\.$/m);

    const steps: Step[] = [
      { tool: 'Bash', input: { command: 'touch by-rule' } },
      { tool: 'mcp__repository__echo', input: { text: 'from its server' } },
      { text: 'end' },
    ];
    await send(client, id, steps);
    // The rule allows the first one.
    const asked = await question(client, id);
    expect(asked.toolName).toBe('mcp__repository__echo');
    await answer(client, asked, { decision: 'allow' });
    await rest(client, id);
    expect(await exists(join(repository.path, 'by-rule'))).toBe(true);
    expect(await printedBy(client, id)).toContain('from its server');
    for (const name of ['repository-command', 'user-command', 'repository-skill'])
      expect(await turn(client, id, `/${name} it`)).toMatchObject({
        state: 'completed',
        result: expect.not.stringContaining(`/${name}`),
      });
    const { body } = place.api.requests.at(-1) ?? {};
    expect(body?.model).toBe(MARKED_MODEL);
    expect(wordsIn(body)).toEqual(
      expect.arrayContaining([...TEXT, 'above', 'local-md', 'nested', 'style', 'user-md']),
    );

    await client.call('end_session', { sessionId: id });
    const hooks = ['repository', 'local', 'user'].flatMap((of) =>
      EVENTS.map((event) => `hook-${of}-${event}`),
    );
    expect(await repository.touched()).toEqual([...hooks, 'helper', 'user-server'].sort());
  });

  test('writes nothing in plan mode, though its rules allow it', async () => {
    const made = await make();
    made.repository.record(true);
    const client = await connectTo(made.place);
    const options = { workingDirectory: made.repository.path, permissionMode: 'plan' };
    const { session } = await client.call('create_session', options);
    expect(session.settings).toBe('user');
    const before = await readdir(made.repository.path);
    const steps: Step[] = [{ tool: 'Bash', input: { command: 'touch planned' } }, { text: 'end' }];
    expect(await turn(client, session.id, steps)).toMatchObject({ state: 'completed' });
    expect(await readdir(made.repository.path)).toEqual(before);
  });
});
