/** The background tasks of a process, as Claude Code reports them: all of them at each change. */

import type { SDKBackgroundTasksChangedMessage } from '@anthropic-ai/claude-agent-sdk';
import { TASK_DESCRIPTION_CHARS_MAX } from '../limits.ts';
import type { Redactor } from '../redaction.ts';
import type { BackgroundTask } from '../session/background-task.ts';
import { cutChars, oneLine } from '../text.ts';
import { asName } from './message-parts.ts';

/** But for those that are no activity, such as a watch for changes. */
export function tasksIn(
  { tasks }: SDKBackgroundTasksChangedMessage,
  redactor: Redactor,
): readonly BackgroundTask[] {
  return tasks
    .filter((task) => !task.ambient)
    .map(({ task_id, task_type, description }) => ({
      id: redactor.text(asName(task_id)),
      kind: taskKind(task_type),
      // Redacted before it is cut: a part of a credential would not be recognized.
      description: cutChars(
        oneLine(redactor.text(String(description ?? ''))),
        TASK_DESCRIPTION_CHARS_MAX,
      ),
    }));
}

export function taskKind(type: string | undefined): BackgroundTask['kind'] {
  if (type === 'local_bash') return 'command';
  return type === 'local_agent' ? 'agent' : 'task';
}
