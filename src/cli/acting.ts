/** How the commands that act reach the state: as its operator, for as long as the command takes. */

import { createLog } from '../log.ts';
import type { Operator } from '../operator.ts';
import { Redactor } from '../redaction.ts';
import { secretsIn } from '../secrets.ts';
import type { CommandContext } from './terminal.ts';

/** Opens the state for writing while `act` runs. */
export async function asOperator<T>(
  { settings }: CommandContext,
  act: (operator: Operator) => Promise<T>,
): Promise<T> {
  const { openOperator } = await import('../operator.ts');
  const { logFile: file, logLevel, environment, envs } = settings;
  // Without a log file, the log goes to the person's screen: only errors matter there.
  const level = file === undefined ? 'error' : logLevel;
  const redactor = new Redactor(secretsIn(environment, envs));
  const operator = await openOperator({ settings, log: createLog({ level, redactor, file }) });
  try {
    return await act(operator);
  } finally {
    await operator.close();
  }
}
