import { describe, expect, it } from 'vitest';
import type { ClaudeCodeOptions } from '../../src/index.ts';
import { toolRule } from '../../src/tools/fields.ts';
import { newHost } from './host.ts';

describe('the options of createSession', () => {
  it('takes every option', () => {
    const options: ClaudeCodeOptions = {
      workingDirectory: '/home/me/project',
      timeout: 30_000,
      maxTurns: 5,
      model: 'opus',
      allowedTools: ['Read', 'Bash(git:*)'],
      disallowedTools: ['WebFetch'],
      customSystemPrompt: 'be brief',
      appendSystemPrompt: '',
      permissionMode: 'plan',
      maxBudgetUsd: 0.5,
      name: 'my session',
      labels: { team: 'core', empty: '' },
      onDisconnect: 'end',
    };
    const session = newHost().manager.createSession(options);
    expect(session.options).toEqual(options);
    expect(session.workingDirectory).toBe('/home/me/project');
  });

  it('takes an undefined option as one that was not given', () => {
    const given = { model: undefined, timeout: 5 } as unknown as ClaudeCodeOptions;
    expect(newHost().manager.createSession(given).options).toStrictEqual({ timeout: 5 });
  });

  it.each<readonly [string, unknown]>([
    ['options', null],
    ['options', 'x'],
    ['options', [1]],
    ['workingDirectory', 5],
    ['workingDirectory', `/${'x'.repeat(4096)}`],
    ['workingDirectory', '/a\0b'],
    ['timeout', -1],
    ['timeout', 0],
    ['timeout', Number.NaN],
    ['timeout', Number.POSITIVE_INFINITY],
    ['timeout', '5'],
    ['timeout', 1.5],
    ['maxTurns', 0],
    ['maxTurns', 1.5],
    ['maxBudgetUsd', -1],
    ['model', ''],
    ['model', null],
    ['name', 'x'.repeat(201)],
    ['allowedTools', 'Read'],
    ['allowedTools', [1]],
    ['disallowedTools', Array.from({ length: 201 }, () => 'Read')],
    ['customSystemPrompt', 'é'.repeat(128 * 1024 + 1)],
    ['permissionMode', 'yolo'],
    ['onDisconnect', 'END'],
    ['labels', { team: 1 }],
    ['labels', new Map([['team', 'core']])],
    ['labels', { ['x'.repeat(65)]: '' }],
    ['labels', { 'a=b': 'c' }],
    ['labels', Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`${index}`, '']))],
    ['colour', 'red'],
    ['constructor', 'red'],
  ])('refuses %s: %j and makes nothing', (name, value) => {
    const { manager } = newHost();
    const given = name === 'options' ? value : { [name]: value };
    expect(() => manager.createSession(given as ClaudeCodeOptions)).toThrow(
      expect.objectContaining({
        code: 'INVALID_REQUEST',
        message: expect.stringContaining(name),
      }),
    );
    expect(manager.getMetrics().totalSessions).toBe(0);
  });

  it.each([
    'Read',
    'Bash(git *)',
    'Bash(git:*)',
    'mcp__a__b',
    'Read Edit',
    'Read,Edit',
    'Bash(git',
    'Bash)',
    'Bash(a(b)c)',
    '(x)',
    ' ',
    '',
    'x'.repeat(501),
  ])('takes the tool rule %j if the tool create_session does', (rule) => {
    const { manager } = newHost();
    const taken = () => manager.createSession({ allowedTools: [rule] });
    if (toolRule.safeParse(rule).success) expect(taken).not.toThrow();
    else expect(taken).toThrow('option allowedTools: expected a list of at most 200 rules');
  });

  it("defect 8: options were the caller's own object", () => {
    const { manager } = newHost();
    const allowedTools = ['Read'];
    const labels: Record<string, string> = { team: 'core' };
    const options = { model: 'opus', allowedTools, labels };
    const session = manager.createSession(options);
    options.model = 'other';
    allowedTools.push('Bash');
    labels.team = 'other';
    expect(session.options).toEqual({
      model: 'opus',
      allowedTools: ['Read'],
      labels: { team: 'core' },
    });
  });

  it.each(['', 'relative/path', './x', '~', 'C:'])(
    'defect 11: the working directory %j was taken as it came',
    (workingDirectory) => {
      expect(() => newHost().manager.createSession({ workingDirectory })).toThrow(
        'option workingDirectory: expected an absolute path',
      );
    },
  );

  it('labels keep a key that names the prototype as a plain label', () => {
    const labels = JSON.parse('{"__proto__": "x"}') as Record<string, string>;
    const session = newHost().manager.createSession({ labels });
    expect(Object.entries(session.options.labels ?? {})).toEqual([['__proto__', 'x']]);
  });
});
