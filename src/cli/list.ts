import { flagsOf } from './flags.ts';
import { listedJson, listedText, NOTHING, readListed } from './listed.ts';
import { noStateText } from './sessions.ts';
import { type CommandContext, writeJson } from './terminal.ts';

/** The sessions of all principals, newest activity first. */
export async function list(context: CommandContext): Promise<number> {
  const { settings, terminal, inspection } = context;
  const { json, limit, watch } = flagsOf(settings);
  if (watch) return (await import('./watch.ts')).watch(context);
  const now = terminal.now();
  const listed = inspection ? await readListed(inspection, flagsOf(settings), now) : NOTHING;
  if (json) {
    await writeJson(terminal, { sessions: listedJson(listed, now) });
    return 0;
  }
  await terminal.write(listedText(terminal, listed, now));
  if (inspection === undefined)
    terminal.note(`${noStateText(settings.stateDir)}: there are no sessions.`);
  else if (listed.sessions.length === 0) terminal.note(emptyText(settings.commandFlags ?? {}));
  else if (listed.isMore) terminal.note(`Showing the newest ${limit}; use --limit to see more.`);
  return 0;
}

function emptyText(flags: object): string {
  const asked = Object.keys(flags).filter((flag) => flag !== 'limit');
  if (asked.length === 0) return 'No open sessions; use --all to include those that have ended.';
  return 'No matching sessions.';
}
