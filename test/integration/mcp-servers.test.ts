/** The operator's MCP servers, with the built program and the real Claude Code. */

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Workplace } from '../support/client/place.ts';
import { filesBelow } from '../support/files.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';
import { httpServer, toolServer } from '../support/tool-servers.ts';
import { answer, connectTo, create, OPTIONS, question, rest, send, turn } from './sessions.ts';

const TOKEN = 'correct horse 0123456789';
const HEADER = 'battery staple 9876543210';

async function serverFile(place: Workplace, mcpServers: object): Promise<string> {
  const file = join(place.scratch, 'servers.json');
  await writeFile(file, JSON.stringify({ mcpServers }), { mode: 0o600 });
  return file;
}

const call = (server: string, tool: string, input = {}) => ({
  tool: `mcp__${server}__${tool}`,
  input,
});

describe("the operator's MCP servers", OPTIONS, () => {
  test('reach sessions over every principal, and their secrets nobody else', async () => {
    const place = await makeWorkplace();
    const far = await httpServer();
    const file = await serverFile(place, {
      tools: toolServer('', { TOKEN: '@{MY_TOKEN}'.replace('@', '$') }),
      far: { type: 'http', url: far.url, headers: { 'X-Key': HEADER } },
    });
    const args = ['--session-mcp-config', file, '--log-level', 'trace'];
    const program = await place.startHttp(args, { env: { MY_TOKEN: TOKEN } });
    const client = await connectHttp('v2 auto', program);
    const allowedTools = ['mcp__tools', 'mcp__far__*', 'Bash', 'Read'];
    const id = await create(client, place, { allowedTools });
    const printed = {
      tool: 'Bash',
      input: { command: `cat '${file.replace('servers', 'serv*')}'` },
    };
    const read = { tool: 'Read', input: { file_path: file } };
    const steps = [call('tools', 'token'), call('far', 'ping'), printed, read];
    expect(await turn(client, id, steps)).toMatchObject({ state: 'completed' });
    const { events } = await client.call('read_events', { sessionId: id, detail: 'full' });
    const results = events.flatMap((event) => (event.type === 'tool_result' ? [event.text] : []));
    const digest = createHash('sha256').update(TOKEN).digest('hex');
    const denied = expect.stringContaining('denied');
    expect(results).toEqual([digest, 'pong', expect.any(String), denied]);
    expect(far.headers.map((headers) => headers['x-key'])).toContain(HEADER);
    const { session, rules } = await client.call('get_session', { sessionId: id });
    const { stderr } = await program.stop();
    for (const secret of [TOKEN, HEADER]) {
      expect(stderr + JSON.stringify([events, session, rules])).not.toContain(secret);
      const files = (await filesBelow(place.scratch)).filter(({ name }) => name !== 'servers.json');
      expect(files.filter(({ text }) => text.includes(secret))).toEqual([]);
    }
  });

  test('may ask the person behind the session', async () => {
    const place = await makeWorkplace();
    const file = await serverFile(place, { tools: toolServer() });
    const client = await connectTo(place, '--session-mcp-config', file);
    const id = await create(client, place, { allowedTools: ['mcp__tools'] });
    const properties = { age: { type: 'integer' } };
    const schema = { type: 'object', properties, required: ['age'] };
    await send(client, id, [call('tools', 'ask', { text: 'How old?', schema })]);
    const asked = await question(client, id);
    const input = { server: 'tools', message: 'How old?', requestedSchema: schema };
    expect(asked).toMatchObject({ toolName: 'Elicitation', input });
    const { requestId } = asked;
    const wrong = { requestId, decision: 'allow', answers: { age: 'old' } };
    const { failure } = await client.ask('answer_permission_request', wrong);
    expect(failure).toMatchObject({ code: 'INVALID_REQUEST' });
    await answer(client, asked, { decision: 'allow', answers: { age: '42' } });
    await rest(client, id);
    const { events } = await client.call('read_events', { sessionId: id });
    const results = events.flatMap((event) => (event.type === 'tool_result' ? [event.text] : []));
    expect(results).toEqual(['{"action":"accept","content":{"age":42}}']);
  });

  test('stop the start if their file is not right, with a line that says where', async () => {
    const place = await makeWorkplace();
    const file = await serverFile(place, { tools: { command: 'x', env: { KEY: 7 } } });
    const program = place.start({ args: ['http', '--session-mcp-config', file] });
    expect(await program.ended).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `claude-sessions-mcp: --session-mcp-config ${file}: mcpServers.tools.env.KEY: expected a text\n`,
    });
  });

  test('are chosen by name, kept by a fork and a restart, and missed in a notice', async () => {
    const place = await makeWorkplace();
    const file = await serverFile(place, { one: toolServer(), two: toolServer() });
    const flags = ['--session-mcp-config', file];
    const client = await connectTo(place, ...flags);
    const unknown = { workingDirectory: place.directory, mcpServers: ['one', 'twoo'] };
    const { failure } = await client.ask('create_session', unknown);
    expect(failure).toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'mcpServers: this server has no MCP server twoo; did you mean two?',
      hint: 'it has one, two.',
    });
    expect((await client.call('list_sessions')).sessions).toEqual([]);
    const id = await create(client, place, { mcpServers: ['one'], allowedTools: ['mcp__one'] });
    expect((await client.call('get_session', { sessionId: id })).rules).toMatchObject({
      mcpServers: ['one'],
    });
    const steps = [call('one', 'echo', { text: 'it is one' }), call('two', 'echo')];
    const said = async (sessionId: string, connected = client) => {
      await turn(connected, sessionId, steps);
      const { events } = await connected.call('read_events', { sessionId, limit: 500 });
      const texts = events.flatMap(({ type, text }) =>
        type === 'tool_result' || type === 'notice' ? [text] : [],
      );
      return texts.slice(-2);
    };
    const none = expect.stringContaining('No such tool available: mcp__two__echo');
    expect(await said(id)).toEqual(['it is one', none]);
    const fork = (await client.call('fork_session', { sessionId: id })).session.id;
    expect(await said(fork)).toEqual(['it is one', none]);
    await client.close();
    await serverFile(place, { two: toolServer() });
    const again = await connectTo(place, ...flags);
    await turn(again, id, [{ text: 'x' }]);
    const { events } = await again.call('read_events', { sessionId: id, limit: 500 });
    expect(events.flatMap(({ type, text }) => (type === 'notice' ? [text] : []))).toEqual([
      expect.stringContaining('The MCP server one is no longer in'),
    ]);
    const second = (await again.call('fork_session', { sessionId: id })).session.id;
    expect((await again.call('get_session', { sessionId: second })).rules).toMatchObject({
      mcpServers: ['one'],
    });
  });
});
