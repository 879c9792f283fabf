/** What a turn cost, from the results that end turns. */

import type { SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import type { Usage, UsageByModel } from '../session/event.ts';
import { addUsageByModel, NO_USAGE, roundUsd, totalOf } from '../session/usage.ts';
import { asName } from './notice.ts';

type ModelUsage = SDKResultMessage['modelUsage'];

/** What cannot be told apart by model. */
const UNTOLD = 'unknown';

/**
 * Claude Code counts up over the life of a conversation, resumes and forks included; newer versions also say what was
 * added since the result before. A turn is that difference.
 */
export class UsageMeter {
  /** Undefined until the first result of a resumed conversation, whose count so far nobody has told us. */
  #total: UsageByModel | undefined;

  constructor(resumed: boolean) {
    this.#total = resumed ? undefined : {};
  }

  /** The usage that this result adds. */
  take(result: SDKResultMessage): UsageByModel {
    const before = this.#total;
    const total = byModel(result.modelUsage);
    this.#total = total;
    const since = sinceLastResult(result);
    if (since !== undefined) return byModel(since);
    if (before === undefined) return { [UNTOLD]: tokensOf(result) };
    // A count that fell was reset (/clear): all that it shows is new.
    return totalOf(total).costUsd < totalOf(before).costUsd ? total : difference(total, before);
  }
}

function sinceLastResult(result: SDKResultMessage): ModelUsage | undefined {
  const since = (result as { model_usage_since_last_result?: unknown })
    .model_usage_since_last_result;
  return typeof since === 'object' && since !== null ? (since as ModelUsage) : undefined;
}

function byModel(models: ModelUsage | undefined): UsageByModel {
  return Object.entries(models ?? {})
    .map(([name, model]) => ({
      [asName(name)]: {
        inputTokens: count(model.inputTokens),
        outputTokens: count(model.outputTokens),
        cacheReadTokens: count(model.cacheReadInputTokens),
        cacheWriteTokens: count(model.cacheCreationInputTokens),
        costUsd: roundUsd(count(model.costUSD)),
      },
    }))
    .reduce(addUsageByModel, {});
}

/** The main loop's tokens of this turn alone: the most that an older version tells of the first turn after a resume. */
function tokensOf({ usage }: SDKResultMessage): Usage {
  return {
    inputTokens: count(usage.input_tokens),
    outputTokens: count(usage.output_tokens),
    cacheReadTokens: count(usage.cache_read_input_tokens),
    cacheWriteTokens: count(usage.cache_creation_input_tokens),
    costUsd: 0,
  };
}

function difference(after: UsageByModel, before: UsageByModel): UsageByModel {
  const added = Object.entries(after).map(
    ([name, usage]) => [name, differenceOf(usage, before[name] ?? NO_USAGE)] as const,
  );
  return Object.fromEntries(added.filter(([, usage]) => Object.values(usage).some(Boolean)));
}

function differenceOf(after: Usage, before: Usage): Usage {
  return {
    inputTokens: count(after.inputTokens - before.inputTokens),
    outputTokens: count(after.outputTokens - before.outputTokens),
    cacheReadTokens: count(after.cacheReadTokens - before.cacheReadTokens),
    cacheWriteTokens: count(after.cacheWriteTokens - before.cacheWriteTokens),
    costUsd: roundUsd(count(after.costUsd - before.costUsd)),
  };
}

/** A sum must never be poisoned by one odd figure. */
function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}
