import { counted } from '../views/figures.ts';
import { showTurn } from '../views/turn.ts';
import { asOperator } from './acting.ts';
import { flagsOf } from './flags.ts';
import { NOT_LOOKED } from './holders.ts';
import { knownSession, refuseEnded, sessionTitle } from './sessions.ts';
import { sessionJson } from './status.ts';
import { type CommandContext, writeJson } from './terminal.ts';

/** Stops the running turn of a session, wherever it runs; resolves when it has stopped. */
export async function interrupt(context: CommandContext): Promise<number> {
  const { settings, terminal } = context;
  const { json, 'cancel-queued': cancelQueued } = flagsOf(settings);
  const { session: known } = await knownSession(context);
  refuseEnded(known);
  const { session, turn } = await asOperator(context, (operator) =>
    operator.interrupt(known, cancelQueued),
  );
  if (json) {
    const shown = sessionJson(session, NOT_LOOKED, terminal.now());
    await writeJson(terminal, { session: shown, turn: turn && showTurn(turn) });
    return 0;
  }
  const { queued } = session.turns;
  const none = known.turns.running > 0 ? 'its turn had just ended' : 'no turn was running';
  const what = turn === undefined ? none : `turn ${turn.id} ${turn.state}`;
  const left = queued === 0 ? '' : `; ${counted(queued, 'prompt')} still queued`;
  await terminal.write(`${sessionTitle(session)}: ${what}${left}\n`);
  return 0;
}
