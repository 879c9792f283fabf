/** One thing that the doctor has looked at. */
export type Check = {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
};
