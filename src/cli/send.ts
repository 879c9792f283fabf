/** The command `send`: stores a prompt for a server to run, and can follow its turn. */

import { SettingError } from '../errors.ts';
import { PROMPT_BYTES_MAX } from '../limits.ts';
import type { Turn } from '../session/event.ts';
import { wellFormed } from '../text.ts';
import { showTurn } from '../views/turn.ts';
import { asOperator } from './acting.ts';
import { flagsOf } from './flags.ts';
import { type Sending, turnBegun, turnEnd } from './follow-turn.ts';
import { knownSession, refuseEnded, sessionTitle } from './sessions.ts';
import { type CommandContext, writeJson } from './terminal.ts';

export async function send(context: CommandContext): Promise<number> {
  const { steer, interrupt } = flagsOf(context.settings);
  if (steer && interrupt) {
    throw new SettingError('send: expected --steer or --interrupt, not both');
  }
  const mode = steer ? 'steer' : interrupt ? 'interrupt' : 'queue';
  const { session, inspection } = await knownSession(context);
  refuseEnded(session);
  const prompt = await promptOf(context);
  return asOperator(context, async (operator) => {
    const sent = await operator.send(session, { prompt, mode });
    return tell(context, { terminal: context.terminal, operator, inspection, session, sent });
  });
}

async function promptOf({ settings, terminal }: CommandContext): Promise<string> {
  const { text = terminal.input.isTerminal ? '' : '-' } = settings;
  const prompt = wellFormed(text === '-' ? await terminal.input.all(PROMPT_BYTES_MAX) : text);
  if (Buffer.byteLength(prompt) > PROMPT_BYTES_MAX) {
    throw new SettingError(`send: expected a prompt of at most ${PROMPT_BYTES_MAX} bytes`);
  }
  if (prompt.trim() !== '') return prompt;
  throw new SettingError('send: expected a prompt: TEXT in quotes, or - for standard input');
}

async function tell(context: CommandContext, sending: Sending): Promise<number> {
  const { terminal, settings } = context;
  const { json, wait } = flagsOf(settings);
  const followed = await (wait ? turnEnd(sending, !json) : turnBegun(sending));
  const { turn, text, isServed } = followed;
  const code = wait && turn.state !== 'completed' ? 1 : 0;
  if (json) {
    await writeJson(terminal, {
      turn: showTurn(turn, Number.POSITIVE_INFINITY),
      isServed,
      ...(wait && { text }),
    });
    return code;
  }
  const state = `${sessionTitle(sending.session)}: turn ${turn.id} ${turn.state}`;
  if (!wait) await terminal.write(`${state}\n`);
  else terminal.note(`${state}${why(turn)}`);
  if (!isServed) terminal.note(NO_SERVER);
  return code;
}

const NO_SERVER =
  'No server runs on this state directory now: the prompt is queued until one starts. An MCP client starts one, and so does claude-sessions-mcp http.';

function why({ error }: Turn): string {
  return error === undefined ? '' : `: ${[error.message, error.hint].filter(Boolean).join('; ')}`;
}
