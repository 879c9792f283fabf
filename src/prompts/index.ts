/** The table of prompts, in the order in which every caller sees them. */

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
