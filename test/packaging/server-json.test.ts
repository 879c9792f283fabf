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
      'default' in variable ? [[variable.name, variable.default]] : [],
    );
    expect(defaults.length).toBeGreaterThan(5);
    const settings = readSettings([], Object.fromEntries(defaults));
    expect(settings).toMatchObject({ maxLive: 16, logLevel: 'info' });
    expect(variables.filter(({ isSecret }) => isSecret).map(({ name }) => name)).toEqual([
      'ANTHROPIC_API_KEY',
    ]);
  });
});
