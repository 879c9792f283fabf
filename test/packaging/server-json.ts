/** The entry of the MCP registry, made of package.json and the settings. */

import { variableOf } from '../../src/config.ts';
import { BOOLEANS, SETTING_NAMES, settingsSchema } from '../../src/settings.ts';
import type { Package } from './package.ts';

const SCHEMA = 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json';

/** The settings of `http`, which a client that starts the program itself has no use for. */
const OF_HTTP: ReadonlySet<string> = new Set([
  'host',
  'port',
  'http-mode',
  'token-file',
  'no-auth',
]);

export function serverJson({ name, mcpName, version }: Package) {
  return {
    $schema: SCHEMA,
    name: mcpName,
    title: 'Claude Code sessions',
    // The registry takes 100 characters.
    description: 'Run and supervise a fleet of Claude Code sessions from any MCP client.',
    version,
    packages: [
      {
        registryType: 'npm',
        identifier: name,
        version,
        runtimeHint: 'npx',
        transport: { type: 'stdio' },
        environmentVariables: [apiKey(), ...SETTING_NAMES.flatMap(variableFor)],
      },
    ],
  };
}

function apiKey() {
  return {
    name: 'ANTHROPIC_API_KEY',
    description: 'Key for Claude Code; not needed where Claude Code is logged in',
    isRequired: false,
    isSecret: true,
    format: 'string',
  };
}

function variableFor(name: (typeof SETTING_NAMES)[number]) {
  if (OF_HTTP.has(name)) return [];
  const value = settingsSchema.parse({})[name];
  return [
    {
      name: variableOf(name),
      description: String(settingsSchema.shape[name].description),
      isRequired: false,
      isSecret: false,
      format: formatOf(name, value),
      ...(value !== undefined && { default: String(value) }),
    },
  ];
}

function formatOf(name: string, value: unknown): string {
  if (BOOLEANS.has(name)) return 'boolean';
  if (typeof value === 'number') return 'number';
  return value === undefined ? 'filepath' : 'string';
}
