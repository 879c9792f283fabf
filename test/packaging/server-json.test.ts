import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../src/config.ts';
import { readPackage } from './package.ts';
import { serverJson } from './server-json.ts';
import { SERVER_SCHEMA } from './server-schema.ts';

const ajv = new Ajv({ allErrors: true });
formats.default(ajv);
const isValid = ajv.compile(SERVER_SCHEMA);
const made = serverJson(readPackage());
const [npm] = made.packages;

describe('the entry of the registry', () => {
  test('is what the registry takes', () => {
    isValid(made);
    expect(isValid.errors).toBeNull();
    expect(isValid({ ...made, description: 'x'.repeat(101) })).toBe(false);
    expect(isValid({ ...made, name: 'no-namespace' })).toBe(false);
  });

  test('names the package as the package names itself', () => {
    const manifest = readPackage();
    expect(made.name).toBe(manifest.mcpName);
    expect(npm).toMatchObject({ identifier: manifest.name, version: manifest.version });
    expect(manifest.mcpName.endsWith(`/${manifest.name}`)).toBe(true);
  });

  test('names variables that the program knows, with defaults that it takes', () => {
    const variables = npm?.environmentVariables ?? [];
    const defaults = variables.flatMap((variable) =>
      variable.default === undefined ? [] : [[variable.name, variable.default]],
    );
    expect(defaults.length).toBeGreaterThan(5);
    const settings = readSettings([], Object.fromEntries(defaults));
    expect(settings).toMatchObject({ maxLive: 16, logLevel: 'info' });
  });

  test('gives each variable the type that the program reads, and its choices', () => {
    const variables = npm?.environmentVariables ?? [];
    const about = (name: string) => variables.find((variable) => variable.name === name);
    const formats = Object.groupBy(variables, ({ format }) => format);
    const named = (format: string) => formats[format]?.map(({ name }) => name) ?? [];
    expect(about('CLAUDE_SESSIONS_LOG_LEVEL')).toMatchObject({
      format: 'string',
      default: 'info',
      choices: expect.arrayContaining(['info', 'silent']),
    });
    expect(about('CLAUDE_SESSIONS_ROOT')).toMatchObject({ format: 'filepath' });
    expect(about('CLAUDE_SESSIONS_MAX_SESSIONS_PER_PRINCIPAL')).toMatchObject({ format: 'number' });
    // Each takes a value of its type and refuses another.
    for (const name of named('number')) {
      expect(() => readSettings([], { [name]: '1' })).not.toThrow();
      expect(() => readSettings([], { [name]: 'many' })).toThrow(name);
    }
    for (const name of named('boolean')) {
      expect(() => readSettings([], { [name]: 'true' })).not.toThrow();
      expect(() => readSettings([], { [name]: 'maybe' })).toThrow(name);
    }
    for (const { name, choices = [] } of variables) {
      for (const choice of choices) {
        expect(() => readSettings([], { [name]: choice })).not.toThrow();
      }
    }
  });

  test('names no variable that only a server over HTTP reads, and one secret', () => {
    const variables = npm?.environmentVariables ?? [];
    const names = variables.map(({ name }) => name).join(' ');
    expect(names).not.toMatch(/HOST|PORT|HTTP|TOKEN|AUTH|ORIGIN|URL|RATE/);
    expect(variables.filter(({ isSecret }) => isSecret).map(({ name }) => name)).toEqual([
      'ANTHROPIC_API_KEY',
    ]);
  });
});
