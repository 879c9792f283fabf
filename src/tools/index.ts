/** The table of tools, in the order in which every caller sees them. */

import { createSession } from './create-session.ts';
import { endSession } from './end-session.ts';
import { getMetrics } from './get-metrics.ts';
import { getSession } from './get-session.ts';
import { linkTask } from './link-task.ts';
import { readEvents } from './read-events.ts';
import { sendPrompt } from './send-prompt.ts';
import type { Tool } from './tool.ts';

export const TOOLS: readonly Tool[] = [
  createSession,
  getSession,
  sendPrompt,
  readEvents,
  linkTask,
  endSession,
  getMetrics,
];
