/** What a turn cost, from the results that end turns. */

import type { SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import type { Usage, UsageByModel } from '../session/event.ts';
import {
  addUsageByModel,
  soundTurnUsage,
  subtractUsageByModel,
  totalOf,
} from '../session/usage.ts';
import { asName } from './message-parts.ts';

type ModelUsage = SDKResultMessage['modelUsage'];

/** For usage whose model is unknown. */
const UNTOLD = 'unknown';

/**
 * Claude Code counts up over the life of a conversation, resumes and forks included; newer versions also say what was
 * added since the result before. A turn is that difference.
 */
export class UsageMeter {
  /** Undefined until the first result of a resumed conversation: its count so far is unknown. */
  #total: UsageByModel | undefined;

  constructor(resumed: boolean) {
    this.#total = resumed ? undefined : {};
  }

  /** The usage that this result adds. */
  take(result: SDKResultMessage): UsageByModel {
    const before = this.#total;
    const total = byModel(result.modelUsage);
    this.#total = total;
    const newer: SDKResultMessage & { readonly model_usage_since_last_result?: unknown } = result;
    const since = newer.model_usage_since_last_result;
    if (typeof since === 'object' && since !== null) return byModel(since);
    if (before === undefined) return { [UNTOLD]: tokensOf(result) };
    // A count that fell was reset (/clear): all that it shows is new.
    const isReset = totalOf(total).costUsd < totalOf(before).costUsd;
    return isReset ? total : subtractUsageByModel(total, before);
  }
}

/** By model. Claude Code passes on the figures of the API unchecked. */
function byModel(models: unknown): UsageByModel {
  return Object.entries(recordOf(models))
    .map(([name, given]) => {
      const model: Partial<Record<keyof ModelUsage[string], unknown>> = recordOf(given);
      const usage = soundTurnUsage({
        inputTokens: model.inputTokens,
        outputTokens: model.outputTokens,
        cacheReadTokens: model.cacheReadInputTokens,
        cacheWriteTokens: model.cacheCreationInputTokens,
        costUsd: model.costUSD,
      });
      return { [asName(name)]: usage };
    })
    .reduce(addUsageByModel, {});
}

/** The main loop's tokens of this turn. An older version reports no more for the first turn after a resume. */
function tokensOf(result: SDKResultMessage): Usage {
  const usage: Partial<Record<keyof SDKResultMessage['usage'], unknown>> = recordOf(result.usage);
  return soundTurnUsage({
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cache_read_input_tokens,
    cacheWriteTokens: usage.cache_creation_input_tokens,
  });
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
