import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, onTestFinished, test } from 'vitest';
import { commandOf } from '../support/client/place.ts';
import { script } from '../support/messages-api-script.ts';
import { connectHttp, makeWorkplace } from '../support/program.ts';

const OPTIONS = { timeout: 180_000 };
const SWORDFISH = 'the password is swordfish';

describe('a server that is watched', OPTIONS, () => {
  test('follows a prompt through log and figures, and puts no secret into either', async () => {
    const place = await makeWorkplace();
    const program = await place.startHttp(['--log-level', 'trace']);
    const client = await connectHttp('v2 auto', program);
    const prompt = script([{ text: SWORDFISH }], SWORDFISH);
    const { session, turn } = await client.call('create_session', { prompt });
    const args = { sessionId: session.id, until: 'turn_end', waitMs: 30_000 };
    let after = 0;
    for (let ended = false; !ended; ) {
      const page = await client.call('read_events', { ...args, after });
      after = page.nextAfter;
      ended = page.events.some((event) => event.type === 'turn_ended');
    }
    const figures = await scrape(program.url, program.token);
    expect(figures).toContain('claude_sessions_turns_total{outcome="completed"} 1');
    expect(figures).toContain('claude_sessions_sessions{status="ready"} 1');
    expect(figures).toContain('claude_sessions_live_processes 1');
    expect(figures).toMatch(/^claude_sessions_tokens_total\{model="[^"]+",type="output"\} [1-9]/m);
    expect(figures).toMatch(/tool="create_session",outcome="ok"\} 1$/m);
    await client.close();
    const { stderr } = await program.stop();
    const lines = stderr
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
    const followed = lines.filter((line) => line.turnId === turn?.id).map((line) => line.msg);
    expect(followed).toEqual(expect.arrayContaining(['tool called', 'turn started', 'turn ended']));
    for (const secret of ['swordfish', place.env.ANTHROPIC_API_KEY ?? '', program.token]) {
      expect(secret.length).toBeGreaterThan(7);
      expect(stderr).not.toContain(secret);
      expect(figures).not.toContain(secret);
    }
    expect(figures).not.toContain(session.id);
  });

  test('goes on serving a client that never reads its standard error', async () => {
    const place = await makeWorkplace();
    const transport = new StdioClientTransport({
      ...commandOf(['--log-level', 'trace']),
      env: { ...place.env },
      stderr: 'pipe',
    });
    const client = new Client({ name: 'deaf', version: '1' });
    onTestFinished(() => client.close());
    await client.connect(transport);
    // Each leaves a line of some 200 bytes; a pipe takes 64 KiB, the client's buffers a little more.
    for (let round = 0; round < 20; round += 1) {
      const calls = Array.from({ length: 50 }, () => client.callTool({ name: 'list_sessions' }));
      await Promise.all(calls);
    }
    expect((await client.callTool({ name: 'get_metrics' })).isError).toBeFalsy();
  });
});

async function scrape(url: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(new URL('/metrics', url), { headers });
  expect(answer.status).toBe(200);
  return answer.text();
}
