/** What keeps a session from what is not for it: Claude Code's own rules, and hooks for what these do not see. */

import type { Options, PermissionMode, Settings } from '@anthropic-ai/claude-agent-sdk';
import { cannotLook } from '../looks.ts';
import type { SessionOptions } from '../session/options.ts';
import { permissionSettings } from './claude-options.ts';
import { configurationsOf, conversationGuard, keptOutRules, secretGuard } from './kept-out.ts';
import { planGuard } from './plan-guard.ts';
import type { Places } from './protected.ts';
import { denyRules, seeSecretFiles } from './secret-files.ts';
import { hasSettings } from './trust-level.ts';

type GuardsOptions = {
  /** With real paths, and the trust level in force. */
  readonly options: SessionOptions & Required<Pick<SessionOptions, 'settings'>>;
  readonly uuid: string;
  readonly places: Places;
  /** The server's own. */
  readonly files: readonly string[];
  readonly failed: (error: unknown) => void;
};

/** The process that the hooks belong to. */
type Guarded = {
  readonly mode: () => PermissionMode;
  readonly apply: (settings: Nullable<Settings>) => Promise<void>;
};

/** With null, a setting is as if it had not been given. */
type Nullable<T> = { [K in keyof T]?: T[K] | null };

export type Guards = {
  /** For the start. */
  readonly deny: readonly string[];
  readonly hooks: (guarded: Guarded) => NonNullable<Options['hooks']>;
};

/** @throws SessionError UNAVAILABLE if the server's own files cannot be looked at */
export async function seeGuards(parts: GuardsOptions): Promise<Guards> {
  const { options, uuid, places, files, failed } = parts;
  const [configurations, rules] = await Promise.all([configurationsOf(places), rulesAbout(files)]);
  const { settings } = options;
  const keptOut = keptOutRules(configurations, places.directories, settings);
  const conversations = conversationGuard(configurations, uuid, settings);
  return {
    deny: [...keptOut, ...rules],
    hooks: ({ mode, apply }) => {
      const renew = (now: readonly string[]) =>
        apply(permissionSettings(options, [...keptOut, ...now]));
      const always = [secretGuard({ files, rules, renew, failed }), conversations];
      if (!hasSettings(settings)) return { PreToolUse: [{ hooks: always }] };
      const runShells = (may: boolean) => apply({ disableSkillShellExecution: may ? null : true });
      const plan = planGuard({ mode, configurations, runShells, failed });
      return {
        PreToolUse: [{ hooks: [...always, plan] }],
        UserPromptExpansion: [{ hooks: [plan] }],
      };
    },
  };
}

async function rulesAbout(files: readonly string[]): Promise<readonly string[]> {
  try {
    return denyRules(await seeSecretFiles(files));
  } catch (error) {
    throw cannotLook("the server's own files", error);
  }
}
