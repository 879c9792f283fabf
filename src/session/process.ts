/** Enough to know a process again: ids are reused, a start time and a boot are not. */
export type ProcessIdentity = {
  readonly pid: number;
  /** As the operating system writes it; compared, never computed with. */
  readonly startTime: string;
  readonly bootId: string;
  /** In the environment of the process and of everything it starts. */
  readonly marker: string;
};
