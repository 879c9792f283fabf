/**
 * A program in the place of Claude Code that misbehaves as its prompt says: `scripted-claude.ts [FAULT AT START]`.
 * It speaks the same protocol, one JSON object a line. Prompts are the names in `FAULTS`, with a number where one says
 * how much; any other prompt is answered. As a fault at start `version-X` has it say that it is version X.
 */

import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const MIB = 1024 * 1024;

type Message = {
  readonly type: string;
  readonly request_id?: string;
  readonly uuid?: string;
  readonly message?: { readonly content: string };
};

/** Written at once: what a crash follows has been said before it. */
function write(text: string, to = 1): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(to, bytes, at);
    } catch (error) {
      // The pipe is full; its reader is slower than we are.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

function say(value: unknown): void {
  write(`${JSON.stringify(value)}\n`);
}

function sayText(text: string): void {
  const message = { content: [{ type: 'text', text }] };
  say({ type: 'assistant', parent_tool_use_id: null, message });
}

/** As much of a transcript as shows that there is a conversation to go on with. */
function keep(): void {
  const words = process.argv.join('\n');
  const uuid = /^--(?:session-id|resume)=(.*)$/m.exec(words)?.[1] ?? '';
  const configuration = process.env.CLAUDE_CONFIG_DIR ?? join(homedir(), '.claude');
  const folder = join(configuration, 'projects', 'scripted');
  mkdirSync(folder, { recursive: true });
  appendFileSync(join(folder, `${uuid}.jsonl`), '{}\n');
}

function end(uuid: string, result: string): void {
  keep();
  const usage = { modelUsage: {}, total_cost_usd: 0, num_turns: 1 };
  const done = { subtype: 'success', is_error: false, terminal_reason: 'completed', result };
  say({ type: 'result', user_message_uuids: [uuid], ...done, ...usage });
}

const FAULTS: Readonly<Record<string, (uuid: string, amount: number) => void>> = {
  text: (uuid) => {
    write('a wrapper says hello\n\n');
    end(uuid, 'after text');
  },
  null: () => write('null\n'),
  half: () => write('{"type":"assist\n{"type":"result"}\n'),
  cut: () => {
    write('{"type":"resu');
    process.exit(0);
  },
  unknown: (uuid) => {
    for (const type of ['assistant', 'user', 'system', 'no_such_type']) say({ type });
    end(uuid, 'after unknown');
  },
  line: (_uuid, mib) => {
    write('{"type":"');
    for (let count = 0; count < mib; count++) write('x'.repeat(MIB));
    write('"}\n');
  },
  stderr: (uuid, mib) => {
    for (let count = 0; count < mib; count++) write('x'.repeat(MIB), 2);
    end(uuid, 'after stderr');
  },
  flood: (uuid, mib) => {
    for (let count = 0; count < mib * 64; count++) sayText('x'.repeat(MIB / 64));
    end(uuid, 'after flood');
  },
  leave: (uuid) => {
    spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref();
    end(uuid, 'left running');
  },
  silent: () => {},
  deaf: () => {
    process.on('SIGTERM', () => {});
    deaf = true;
  },
  crash: () => process.exit(7),
  // Its key, and then so much that the end of what it wrote begins within the key.
  'crash-with-key': (_uuid, chars) => {
    write(`${process.env.ANTHROPIC_API_KEY}${'x'.repeat(chars)}`, 2);
    process.exit(7);
  },
  'crash-after': (uuid) => {
    end(uuid, 'before the crash');
    process.exit(7);
  },
  twice: (uuid) => {
    end(uuid, 'once');
    end(uuid, 'twice');
  },
};

let deaf = false;

function prompted({ uuid = '', message }: Message): void {
  const [name = '', amount = ''] = (message?.content ?? '').split(' ');
  const fault = FAULTS[name];
  if (fault !== undefined) {
    fault(uuid, Number(amount));
    return;
  }
  sayText(`ok: ${name}`);
  end(uuid, `ok: ${name}`);
}

function controlled({ request_id }: Message): void {
  if (deaf) return;
  const response = { claude_code_version: version };
  say({ type: 'control_response', response: { subtype: 'success', request_id, response } });
}

const atStart = process.argv[2] ?? '';
const [, version = '2.1.330'] = /^version-(.*)$/.exec(atStart) ?? [];
if (FAULTS[atStart] !== undefined) FAULTS[atStart]('', 64);
createInterface({ input: process.stdin }).on('line', (line) => {
  const message: Message = JSON.parse(line);
  if (message.type === 'control_request') controlled(message);
  if (message.type === 'user') prompted(message);
});
process.stdin.on('end', () => deaf || process.exit(0));
setInterval(() => {}, 60_000);
