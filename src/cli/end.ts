import { createLog } from '../log.ts';
import { Redactor } from '../redaction.ts';
import { secretsIn } from '../secrets.ts';
import { oneLine } from '../text.ts';
import { ago } from '../views/figures.ts';
import { flagsOf } from './flags.ts';
import { knownSession, sessionJson } from './sessions.ts';
import { type CommandContext, writeJson } from './terminal.ts';

/** Ends a session, wherever it runs; resolves when its last process is gone. */
export async function end(context: CommandContext): Promise<number> {
  const { settings, terminal } = context;
  const { json, reason } = flagsOf(settings);
  const { session: known } = await knownSession(context);
  const { endSession } = await import('../operator.ts');
  const { logFile: file, logLevel, environment } = settings;
  // Without a log file, the log goes to the person's screen: only errors matter there.
  const level = file === undefined ? 'error' : logLevel;
  const redactor = new Redactor(secretsIn(environment));
  const log = createLog({ level, redactor, file });
  const { session, ended } = await endSession({ settings, log }, known, reason);
  if (json) {
    await writeJson(terminal, { session: sessionJson(session, terminal.now()), ended });
    return 0;
  }
  const name = session.name === undefined ? '' : ` (${oneLine(session.name)})`;
  const when = ended
    ? 'ended'
    : `had already ended (${ago(terminal.now() - (session.endedAt ?? 0))})`;
  await terminal.write(`${session.id}${name} ${when}\n`);
  return 0;
}
