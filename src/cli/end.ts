import { ago } from '../views/figures.ts';
import { asOperator } from './acting.ts';
import { flagsOf } from './flags.ts';
import { NOT_LOOKED } from './holders.ts';
import { knownSession, sessionTitle } from './sessions.ts';
import { sessionJson } from './status.ts';
import { type CommandContext, writeJson } from './terminal.ts';

/** Ends a session, wherever it runs; resolves when its last process is gone. */
export async function end(context: CommandContext): Promise<number> {
  const { settings, terminal } = context;
  const { json, reason } = flagsOf(settings);
  const { session: known } = await knownSession(context);
  const { session, ended } = await asOperator(context, (operator) => operator.end(known, reason));
  if (json) {
    await writeJson(terminal, { session: sessionJson(session, NOT_LOOKED, terminal.now()), ended });
    return 0;
  }
  const when = ended
    ? 'ended'
    : `had already ended (${ago(terminal.now() - (session.endedAt ?? 0))})`;
  await terminal.write(`${sessionTitle(session)} ${when}\n`);
  return 0;
}
