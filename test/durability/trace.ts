/** What a trace of system calls says about the order of requests, journal writes, syncs and answers. */

export type Step =
  | { readonly kind: 'request' | 'answer'; readonly id: string }
  | { readonly kind: 'write' | 'sync' };

const CALL = /^(\d+)\s+(\w+)\((.*)$/s;
const RESUMED = /^(\d+)\s+<\.\.\. (\w+) resumed>(.*)$/s;
const UNFINISHED = /<unfinished \.\.\.>$/;
const ID = /request-\d+\./g;
const JOURNAL = /^\d+<[^>]*-wal>/;
const STANDARD_INPUT = /^0</;
const STANDARD_OUTPUT = /^1</;

/**
 * The steps in a trace of `strace -f -y -o FILE`, in order. Output counts from the beginning of its call, input
 * and syncs from the end of a call that succeeded.
 */
export function readTrace(trace: string): Step[] {
  const open = new Map<string, string>();
  return trace.split('\n').flatMap((line) => {
    const [, pid = '', name = '', args = ''] = CALL.exec(line) ?? [];
    if (UNFINISHED.test(args)) {
      open.set(pid, args);
      return begun(name, args);
    }
    if (name !== '') return [...begun(name, args), ...finished(name, args)];
    const [, resumedPid = '', resumed = '', rest = ''] = RESUMED.exec(line) ?? [];
    return finished(resumed, (open.get(resumedPid) ?? '') + rest);
  });
}

function begun(name: string, args: string): Step[] {
  if (/^p?writev?(64)?$/.test(name) && JOURNAL.test(args)) return [{ kind: 'write' }];
  if (/^writev?$/.test(name) && STANDARD_OUTPUT.test(args)) return idsIn('answer', args);
  return [];
}

function finished(name: string, args: string): Step[] {
  if (/^f(data)?sync$/.test(name) && JOURNAL.test(args) && / = 0$/.test(args)) {
    return [{ kind: 'sync' }];
  }
  if (/^readv?$/.test(name) && STANDARD_INPUT.test(args)) return idsIn('request', args);
  return [];
}

function idsIn(kind: 'request' | 'answer', args: string): Step[] {
  return [...args.matchAll(ID)].map(([id]) => ({ kind, id }));
}

/**
 * The calls that were answered although what they wrote was not known to be on the disk: between request and
 * answer there must be a write to the journal, and after the last write a sync of it.
 */
export function answeredTooEarly(steps: readonly Step[], ids: readonly string[]): string[] {
  return ids.filter((id) => {
    const asked = steps.findIndex((step) => step.kind === 'request' && step.id === id);
    const answered = steps.findIndex((step) => step.kind === 'answer' && step.id === id);
    if (asked === -1 || answered === -1) return true;
    const between = steps.slice(asked, answered).map((step) => step.kind);
    const written = between.lastIndexOf('write');
    return written === -1 || between.lastIndexOf('sync') < written;
  });
}
