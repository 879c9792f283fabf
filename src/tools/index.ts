/** All tools, in the order of tools/list. */

import { createSession } from './create-session.ts';
import { cleanupSessions, endSession } from './ending.ts';
import { forkSession } from './fork-session.ts';
import { getMetrics } from './get-metrics.ts';
import { attachSession, getSession, listSessions } from './known-sessions.ts';
import { answerPermissionRequest, listPermissionRequests } from './permissions.ts';
import { readEvents } from './read-events.ts';
import { sendPrompt } from './send-prompt.ts';
import { cancelPrompt, interruptSession } from './stopping.ts';
import { linkTask, unlinkTask } from './task-links.ts';
import type { Tool } from './tool.ts';
import { updateSession } from './update-session.ts';
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
  updateSession,
  forkSession,
  attachSession,
  linkTask,
  unlinkTask,
  endSession,
  cleanupSessions,
  getMetrics,
];
