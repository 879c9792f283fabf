/** All tools, in the order of tools/list. */

import { answerPermissionRequest } from './answer-permission-request.ts';
import { attachSession } from './attach-session.ts';
import { cancelPrompt } from './cancel-prompt.ts';
import { cleanupSessions } from './cleanup-sessions.ts';
import { createSession } from './create-session.ts';
import { endSession } from './end-session.ts';
import { forkSession } from './fork-session.ts';
import { getMetrics } from './get-metrics.ts';
import { getSession } from './get-session.ts';
import { interruptSession } from './interrupt-session.ts';
import { linkTask } from './link-task.ts';
import { listPermissionRequests } from './list-permission-requests.ts';
import { listSessions } from './list-sessions.ts';
import { readEvents } from './read-events.ts';
import { sendPrompt } from './send-prompt.ts';
import type { Tool } from './tool.ts';
import { unlinkTask } from './unlink-task.ts';
import { waitSessions } from './wait-sessions.ts';

export const TOOLS: readonly Tool[] = [
  createSession,
  getSession,
  listSessions,
  sendPrompt,
  readEvents,
  waitSessions,
  interruptSession,
  cancelPrompt,
  listPermissionRequests,
  answerPermissionRequest,
  forkSession,
  attachSession,
  linkTask,
  unlinkTask,
  endSession,
  cleanupSessions,
  getMetrics,
];
