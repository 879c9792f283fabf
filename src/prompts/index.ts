/** All prompts, in the order of prompts/list. */

import { dailyReport } from './daily-report.ts';
import { delegateTask } from './delegate-task.ts';
import type { Prompt } from './prompt.ts';
import { reviewSession } from './review-session.ts';
import { triagePermissions } from './triage-permissions.ts';

export const PROMPTS: readonly Prompt[] = [
  delegateTask,
  reviewSession,
  triagePermissions,
  dailyReport,
];
