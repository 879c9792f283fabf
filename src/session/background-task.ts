/** Something that a session's process runs beside its turns: a shell command or an agent. */
export type BackgroundTask = {
  /** Claude Code's own id of it. */
  readonly id: string;
  readonly kind: 'command' | 'agent' | 'task';
  /** One line, bounded. */
  readonly description: string;
};
