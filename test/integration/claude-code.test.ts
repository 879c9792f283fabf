import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import type { Workplace } from '../support/client/place.ts';
import type { SessionView } from '../support/client/tools.ts';
import { mcpJsonEntry } from '../support/mcp-json.ts';
import { script } from '../support/messages-api.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';
import { type ClaudeClient, callFromClaudeCode, settingsOf } from './claude-client.ts';
import { startRecorder } from './recorder.ts';

describe('the real Claude Code as a client', { timeout: 180_000 }, () => {
  test('starts the server from mcp.json and calls create_session and get_metrics', async () => {
    const place = await makeWorkplace();
    const { session, metrics } = await createAndMeasure(place, {
      ...(await mcpJsonEntry()),
      env: settingsOf(place),
    });
    expect(session).toMatchObject({ status: 'ready', workingDirectory: place.directory });
    expect(session.mcpSessionId).toMatch(/^stdio_/);
    expect(metrics).toMatchObject({ totalSessions: 1, activeSessions: 1, costUsd: 0 });
    await expect.poll(() => processesWith(place.stateDirectory), { timeout: 10_000 }).toEqual([]);

    const later = await place.connect('v2 auto');
    expect(await later.call('list_sessions')).toEqual({ sessions: [session] });
  });

  test('shows the forms of a session that it waits for, and the answer counts', async () => {
    const place = await makeWorkplace();
    const file = join(place.directory, 'made');
    const write = { tool: 'Write', input: { file_path: file, content: 'x' } };
    const questions = [
      {
        question: 'Which?',
        header: 'Pick',
        multiSelect: true,
        options: ['Red', 'Blue'].map((label) => ({ label, description: `${label} one` })),
      },
    ];
    const ask = { tool: 'AskUserQuestion', input: { questions } };
    const prompt = script([write, ask, { text: 'end' }]);
    const input = { workingDirectory: place.directory, name: 'from Claude Code', prompt };
    const other = await place.connect('v2 auto');
    const forms: { message: string; requestedSchema?: unknown }[] = [];
    const chosen: Record<string, string | string[]>[] = [
      { decision: 'allow' },
      { answer1: ['Red', 'Blue'] },
    ];
    const [created, waited] = await callFromClaudeCode({
      place,
      entry: { ...(await mcpJsonEntry()), env: settingsOf(place) },
      steps: [
        { tool: 'create_session', input },
        { tool: 'wait_sessions', input: { waitMs: 50_000, until: 'turn_end' } },
      ],
      allow: async (tool, given) => {
        if (tool !== 'wait_sessions') return given;
        const { sessions } = await other.call('list_sessions');
        return { ...given, sessionIds: sessions.map(({ id }) => id) };
      },
      fillIn: async (form) => {
        forms.push(form);
        return { action: 'accept', content: chosen[forms.length - 1] ?? {} };
      },
    });
    const { id } = (created as { session: SessionView }).session;
    expect(waited).toMatchObject({ ready: [id] });
    expect(await readFile(file, 'utf8')).toBe('x');
    const [first, second] = forms;
    expect(first?.message).toContain(`asks to use Write:\nfile_path: ${file}\ncontent: x`);
    expect(second?.requestedSchema).toMatchObject({
      properties: { answer1: { type: 'array', description: 'Which?' } },
    });
    const { events } = await other.call('read_events', { sessionId: id, detail: 'full' });
    expect(JSON.stringify(events)).toContain('Red, Blue');
  });

  test('over HTTP gets an Mcp-Session-Id, and its session shows that one', async () => {
    const place = await makeWorkplace();
    const program = await place.startHttp();
    const recorder = await startRecorder(program.url);
    const { session, metrics } = await createAndMeasure(place, {
      type: 'http',
      url: recorder.url,
      headers: { Authorization: `Bearer ${program.token}` },
    });
    expect(session.mcpSessionId).toEqual(expect.any(String));
    expect(recorder.given).toContain(session.mcpSessionId);
    const { mcpSessionId } = session;
    const toolUseId = expect.stringMatching(/^toolu_/);
    expect(recorder.calls).toEqual([
      { tool: 'create_session', mcpSessionId, toolUseId },
      { tool: 'get_metrics', mcpSessionId, toolUseId },
    ]);
    const [first, second] = recorder.calls;
    expect(first?.toolUseId).not.toBe(second?.toolUseId);
    expect(metrics).toMatchObject({ totalSessions: 1, activeSessions: 1, costUsd: 0 });

    const other = await connectHttp('v1', program);
    expect(await other.call('list_sessions')).toEqual({ sessions: [session] });
    expect(other.mcpSessionId).not.toBe(session.mcpSessionId);
  });

  test('a session without a directory works where Claude Code is open, if that is inside a root', async () => {
    const place = await makeWorkplace();
    const program = await place.startHttp();
    const headers = { Authorization: `Bearer ${program.token}` };
    const entry = { type: 'http', url: program.url, headers } as const;
    const steps = [{ tool: 'create_session', input: {} }];
    const workplace = async (cwd: string) => {
      const [made] = await callFromClaudeCode({ place, entry, steps, cwd });
      return (made as { session: SessionView }).session.workingDirectory;
    };
    const open = place.folder('open here');
    expect(await workplace(open)).toBe(open);
    expect(await workplace(place.scratch)).toBe(place.directory);
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'over HTTP goes on after the server was ended by %s and started again, and still owns its sessions',
    async (signal) => {
      const place = await makeWorkplace();
      const first = await place.startHttp();
      const recorder = await startRecorder(first.url);
      const seen: SessionView[] = [];
      const restart = async () => {
        expect((await first.stop(signal)).signal).toBe(signal === 'SIGKILL' ? signal : null);
        const { port } = new URL(first.url);
        const second = await place.startHttp(['--port', port]);
        const other = await connectHttp('v1', second);
        seen.push(...(await other.call('list_sessions')).sessions);
        await other.close();
      };
      let tries = 0;
      const link = { tool: 'link_task', input: {} };
      const results = await callFromClaudeCode({
        place,
        entry: {
          type: 'http',
          url: recorder.url,
          headers: { Authorization: `Bearer ${first.token}` },
        },
        // A call that finds Claude Code still looking for the server fails there; a model would try again.
        steps: [create(place), link, link, { tool: 'get_metrics', input: { scope: 'mine' } }],
        allow: async (tool, input) => {
          if (tool !== 'link_task') return input;
          tries += 1;
          if (tries === 1) await restart();
          else await expect.poll(() => recorder.given.length, POLL).toBeGreaterThan(1);
          return { sessionId: seen[0]?.id, taskId: 'after' };
        },
      });
      const [, , linked, metrics] = results;
      expect(linked).toMatchObject({ session: { id: seen[0]?.id, taskIds: ['after'] } });
      const { session } = linked as { session: SessionView };
      expect(session.mcpSessionId).not.toBe(seen[0]?.mcpSessionId);
      expect(recorder.given).toContain(session.mcpSessionId);
      expect(metrics).toMatchObject({ totalSessions: 1 });
    },
  );
});

const POLL = { timeout: 20_000 };

const create = ({ directory }: Workplace) => ({
  tool: 'create_session',
  input: { workingDirectory: directory, name: 'from Claude Code' },
});

async function createAndMeasure(place: Workplace, entry: ClaudeClient['entry']) {
  const steps = [create(place), { tool: 'get_metrics', input: {} }];
  const [created, metrics] = await callFromClaudeCode({ place, entry, steps });
  const { session } = created as { session: SessionView };
  return { session, metrics: metrics as Record<string, number> };
}
