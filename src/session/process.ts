/** Enough to know a process again: ids are reused, a start time and a boot are not. */
export type ProcessIdentity = {
  readonly pid: number;
  /** As the operating system writes it; compared, never computed with. */
  readonly startTime: string;
  readonly bootId: string;
  /** In the environment of the process and of everything it starts. */
  readonly marker: string;
};

/** A process that is about to be started: it has no id yet, and is found by its marker alone. */
export function markedOnly(marker: string): ProcessIdentity {
  return { pid: 0, startTime: '', bootId: '', marker };
}
