/** An hour of supervision as a client's model sees it: every call it writes and every reply it reads. */

import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { isolatedEnvironment } from '../support/claude-env.ts';
import { script, startMessagesApi } from '../support/messages-api.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
const WAIT_MS = 50_000;

export type Exchange = {
  readonly tool: string;
  readonly args: unknown;
  readonly reply: unknown;
};

export type Hour = {
  /** What is told of the tools, once for each conversation of the client. */
  readonly tools: readonly object[];
  readonly instructions: string;
  readonly exchanges: readonly Exchange[];
};

/** Runs the built program with a real Claude Code; its model is the stand-in. */
export async function superviseHour(): Promise<Hour> {
  const api = await startMessagesApi();
  const { env, directory, remove } = await isolatedEnvironment(api.url);
  const shop = join(await realpath(directory), 'shop');
  await mkdir(shop);
  await writeFile(join(shop, 'price.js'), priceJs('item.price'));
  const client = new Client({ name: 'tokens', version: '1.0.0' });
  try {
    const settings = { CLAUDE_SESSIONS_STATE_DIR: join(directory, 'state') };
    const variables = { ...env, ...settings, CLAUDE_SESSIONS_ROOT: shop };
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [MAIN, '--log-level', 'error'],
        env: variables,
      }),
    );
    const { tools } = await client.listTools();
    const exchanges = await new Supervisor(client).work(shop);
    return {
      // What clients hand to their model: an output schema is for programs.
      tools: tools.map(({ name, description, inputSchema }) => ({
        name,
        description,
        inputSchema,
      })),
      instructions: client.getInstructions() ?? '',
      exchanges,
    };
  } finally {
    await client.close();
    await api.close();
    await remove();
  }
}

type Reply = {
  session: { id: string };
  after: number;
  nextAfter: number;
  turn: { state: string };
  requests: { requestId: string }[];
};

/** Does as the tools' texts say. */
class Supervisor {
  readonly #client: Client;
  readonly #exchanges: Exchange[] = [];

  constructor(client: Client) {
    this.#client = client;
  }

  async work(workingDirectory: string): Promise<readonly Exchange[]> {
    const first = prompts(workingDirectory);
    const { session } = await this.#call('create_session', {
      workingDirectory,
      name: 'order totals',
      taskId: 'SHOP-17',
      permissionMode: 'acceptEdits',
      allowedTools: ['Read'],
      prompt: first.fix,
    });
    const { id: sessionId } = session;
    await this.#wait(sessionId);
    const { nextAfter } = await this.#call('read_events', { sessionId });
    await this.#send(sessionId, first.explain);
    const tested = await this.#send(sessionId, first.test);
    await this.#answer({ decision: 'allow' });
    await this.#wait(sessionId);
    await this.#call('read_events', { sessionId, after: Math.max(tested.after, nextAfter) });
    const published = await this.#send(sessionId, first.publish);
    await this.#answer({ decision: 'deny', message: 'Not today: the release is on Monday.' });
    await this.#wait(sessionId);
    await this.#call('read_events', { sessionId, after: published.after });
    await this.#send(sessionId, first.sum);
    await this.#call('get_metrics', { taskId: 'SHOP-17' });
    await this.#call('end_session', { sessionId, reason: 'done' });
    return this.#exchanges;
  }

  async #send(sessionId: string, prompt: string): Promise<Reply> {
    return this.#call('send_prompt', { sessionId, prompt, waitMs: WAIT_MS });
  }

  async #wait(sessionId: string): Promise<void> {
    await this.#call('wait_sessions', { sessionIds: [sessionId], waitMs: WAIT_MS });
  }

  async #answer(answer: object): Promise<void> {
    const { requests } = await this.#call('list_permission_requests', {});
    const requestId = requests[0]?.requestId;
    await this.#call('answer_permission_request', { requestId, ...answer });
  }

  async #call(tool: string, args: Record<string, unknown>): Promise<Reply> {
    const result = await this.#client.callTool({ name: tool, arguments: args });
    if (result.isError) throw new Error(`${tool} answered ${JSON.stringify(result.content)}`);
    this.#exchanges.push({ tool, args, reply: result.structuredContent });
    return result.structuredContent as Reply;
  }
}

/** Five prompts of one job. Two of them need a permission. */
function prompts(
  directory: string,
): Record<'fix' | 'explain' | 'test' | 'publish' | 'sum', string> {
  const price = join(directory, 'price.js');
  const content = priceJs('item.price * item.quantity');
  return {
    fix: script(
      [
        { text: 'I look for the place first.', tool: 'Read', input: { file_path: price } },
        { text: 'I write it anew.', tool: 'Write', input: { file_path: price, content } },
        {
          text: 'total() in price.js now multiplies each price by its quantity. I changed nothing else; no caller has to be touched.',
        },
      ],
      'The order totals ignore item.quantity. Mend total() in price.js so that each price counts as often as it was ordered. Change no other file. Done when total([{price: 2, quantity: 3}]) is 6.',
    ),
    explain: script(
      [
        {
          text: 'Discounts are applied by the caller, after total(): they are a percentage of the sum. They see the larger sum from now on, which is what the order page shows. An order without quantities would give NaN; there is none in this project.',
        },
      ],
      'What does that do to discounts, and to orders without a quantity? Look, change nothing.',
    ),
    test: script(
      [
        {
          text: 'I check it.',
          tool: 'Bash',
          input: { command: 'node --check price.js', description: 'Check the syntax' },
        },
        { text: 'The check passes: node reads the file without a complaint.' },
      ],
      'Check the file once, and tell me what came out.',
    ),
    publish: script(
      [
        {
          text: 'I publish the package.',
          tool: 'Bash',
          input: { command: 'npm publish', description: 'Publish the new version' },
        },
        { text: 'The release waits for Monday, as you say. Everything is ready for it.' },
      ],
      'Publish a patch version.',
    ),
    sum: script(
      [
        {
          text: 'total() counts quantities now (price.js, one line). Checked by node. Discounts need no change. Open: the release, on Monday.',
        },
      ],
      'Sum up in three sentences what was done and what is open.',
    ),
  };
}

function priceJs(sum: string): string {
  return `export function total(items) {\n  return items.reduce((sum, item) => sum + ${sum}, 0);\n}\n`;
}
