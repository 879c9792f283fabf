/** The result of one check of `doctor`. */
export type Check = {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
};
