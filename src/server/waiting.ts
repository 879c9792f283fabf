/** What happens while a call waits: progress for the client, and forms for the person behind it. */

import type { ServerContext } from '@modelcontextprotocol/server';
import type { Asking, Forms } from '../forms/forms.ts';
import type { Reader, Watch } from '../service/reader.ts';
import { Progress } from './progress.ts';

/** One for each call that can wait. */
export type Waiting = Omit<Asking, 'hold'> & { readonly watch: Watch };

type WaitingDeps = {
  readonly forms: Forms;
  readonly reader: Reader;
  /** Aborts when the connection is about to end. */
  readonly ending: AbortSignal;
};

export async function openWaiting(
  tool: string,
  context: ServerContext,
  { forms, reader, ending }: WaitingDeps,
): Promise<Waiting> {
  const progress = progressOf(context, reader);
  const { hold, ...asking } = await forms.open(tool, context);
  return {
    ...asking,
    signal: AbortSignal.any([asking.signal, ending]),
    watch: async (session) => {
      await progress?.watch(session);
      // A form that is sent now could no longer be answered.
      return !ending.aborted && hold(session);
    },
    close: () => {
      progress?.close();
      asking.close();
    },
  };
}

/** Undefined if the client did not ask for progress. */
function progressOf({ mcpReq }: ServerContext, reader: Reader): Progress | undefined {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return new Progress({
    reader,
    send: (note) => {
      const params = { progressToken, ...note };
      // The client may be gone; its call ends by itself.
      mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
    },
  });
}
