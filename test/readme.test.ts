import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROMPTS } from '../src/prompts/index.ts';
import { METRICS, OF_SESSION } from '../src/resources/index.ts';
import { SETTING_LIST } from '../src/settings.ts';
import { TOOLS } from '../src/tools/index.ts';

const ROOT = join(import.meta.dirname, '..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** The first cells of the table under a heading. */
function firstCells(heading: string): string[] {
  const section = readme.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) => row.split('|')[1]?.trim().replaceAll('`', '') ?? '');
}

describe('the README', () => {
  test('names every tool, in the order of tools/list', () => {
    expect(firstCells('Tools')).toEqual(TOOLS.map((tool) => tool.name));
  });

  test('names every resource and prompt, in the order of their lists', () => {
    const templates = Object.values(OF_SESSION).map(({ uriTemplate }) => uriTemplate);
    const prompts = PROMPTS.map(({ name }) => name);
    expect(firstCells('Resources and prompts')).toEqual([METRICS.uri, ...templates, ...prompts]);
  });

  test('names every setting, with its default', () => {
    expect(firstCells('Settings').map((cell) => cell.split(' ')[0])).toEqual(
      SETTING_LIST.map(({ flag }) => `--${flag}`),
    );
    for (const { flag, schema } of SETTING_LIST) {
      const value = schema.parse(undefined);
      const row = readme.split('\n').find((line) => line.startsWith(`| \`--${flag}`)) ?? '';
      if (value === false) expect(row).toContain('off');
      else if (typeof value === 'number') expect(row).toMatch(numberPattern(value));
      else if (typeof value === 'string') expect(row).toContain(value);
    }
  });

  test('gives commands that package.json has', () => {
    const commands = [...readme.matchAll(/npm run (?:--silent )?([a-z:-]+)/g)].map(
      ([, name]) => name,
    );
    expect(commands.length).toBeGreaterThan(1);
    for (const name of commands) expect(Object.keys(manifest.scripts)).toContain(name);
  });

  test('shows mcp.json as it is, but for the folder and the key', () => {
    const [, shown = ''] = /```json\n([\s\S]*?)```/.exec(readme) ?? [];
    const entry = JSON.parse(shown).mcpServers['claude-sessions'];
    const shipped = JSON.parse(readFileSync(join(ROOT, 'mcp.json'), 'utf8')).mcpServers[
      'claude-sessions'
    ];
    expect(entry.command).toBe(shipped.command);
    expect(entry.args.filter((word: string) => word !== '--prefix' && word !== 'PATH_TO')).toEqual(
      shipped.args,
    );
  });
});

/** As people write it: 604,800,000 or 604800000, and nothing longer. */
function numberPattern(value: number): RegExp {
  const digits = value.toLocaleString('en-US').replaceAll(',', ',?');
  return new RegExp(`(?<![\\d,])${digits}(?![\\d,])`);
}
