import type { SlashCommand } from '@anthropic-ai/claude-agent-sdk';
import { describe, expect, test } from 'vitest';
import { Commands } from '../../src/runner/commands.ts';
import { system } from './messages.ts';

const row = (name: string, builtin?: boolean): SlashCommand => ({
  name,
  description: '',
  argumentHint: '',
  ...(builtin && { builtin }),
});
const OWN = row('usage', true);

function knowing(...list: SlashCommand[]): Commands {
  const commands = new Commands('user');
  commands.know(list);
  return commands;
}

describe('the commands that a prompt may call', () => {
  test("are those that are not Claude Code's", () => {
    const commands = knowing(OWN, row('deploy'));
    expect(commands.has('deploy')).toBe(true);
    expect(commands.has('usage')).toBe(false);
    expect(commands.has('')).toBe(false);
  });

  test("are not those of a name that Claude Code's own has too", () => {
    expect(knowing(row('usage'), OWN).has('usage')).toBe(false);
  });

  test('are none if Claude Code does not say which are its own', () => {
    expect(knowing(row('config'), row('deploy')).has('deploy')).toBe(false);
  });

  test('follow the list as it changes', () => {
    const commands = knowing(OWN, row('before'));
    commands.note(system('commands_changed', { commands: [OWN, row('after')] }));
    expect([commands.has('before'), commands.has('after')]).toEqual([false, true]);
  });

  test.each(['none', 'memory'] as const)('are none at the level %s', (level) => {
    const commands = new Commands(level);
    commands.know([OWN, row('deploy')]);
    expect(commands.has('deploy')).toBe(false);
  });
});
