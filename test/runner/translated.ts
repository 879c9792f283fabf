/** A translator, and all that it told its listener. */

import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { Redactor } from '../../src/redaction.ts';
import type { PromptKind } from '../../src/runner/prompt-text.ts';
import { noticesWith } from '../../src/runner/server-notices.ts';
import { Translator } from '../../src/runner/translate.ts';
import type { TurnOutcome } from '../../src/session/decide.ts';
import type { OutputBody } from '../../src/session/event.ts';
import type { PermissionMode } from '../../src/session/options.ts';
import { init, lifecycle } from './messages.ts';

export const TURN = '11111111-1111-4111-8111-111111111111';

type Told =
  | { output: OutputBody }
  | { writing: string }
  | { started: string }
  | { ended: string; outcome: TurnOutcome }
  | { tasks: number }
  | { mode: PermissionMode };

export function create({ resumed = false, secrets = [] as readonly string[] } = {}) {
  const told: Told[] = [];
  let ids = 0;
  const translator = new Translator({
    noticesOf: noticesWith([]),
    listener: {
      output: (output) => told.push({ output }),
      writing: (soFar) => told.push({ writing: soFar() }),
      autonomousTurnStarted: (started) => told.push({ started }),
      backgroundTasks: ({ length: tasks }) => told.push({ tasks }),
      modeReached: (mode) => told.push({ mode }),
      turnEnded: (ended, outcome) => told.push({ ended, outcome }),
    },
    newId: () => `auto-${++ids}`,
    redactor: new Redactor(secrets),
    readOutput: undefined,
    resumed,
    mode: 'default',
  });
  const feed = (...messages: SDKMessage[]) => {
    for (const each of messages) translator.translate(each);
  };
  const prompt = (turnId = TURN, kind: PromptKind = 'text') => {
    translator.begin(turnId, kind);
    feed(lifecycle(turnId, 'queued'), lifecycle(turnId, 'started'), init());
  };
  const outputs = () => told.flatMap((each) => ('output' in each ? [each.output] : []));
  const written = () => told.flatMap((each) => ('writing' in each ? [each.writing] : []));
  const outcomes = () => told.flatMap((each) => ('ended' in each ? [each.outcome] : []));
  return { translator, told, feed, prompt, outputs, written, outcomes };
}

/** The same, with the first prompt under way. */
export function prompted(options: Parameters<typeof create>[0] = {}) {
  const created = create(options);
  created.prompt();
  return created;
}
