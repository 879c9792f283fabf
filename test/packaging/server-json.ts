/** The entry of the MCP registry, made of package.json and the settings. */

import { SETTING_LIST, variableOf } from '../../src/settings.ts';
import type { Package } from './package.ts';

const SCHEMA = 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json';

/** The settings of `http`, which a client that starts the program itself has no use for. */
const OF_HTTP: ReadonlySet<string> = new Set([
  'host',
  'port',
  'http-mode',
  'token-file',
  'no-auth',
  'allowed-host',
  'allowed-origin',
  'public-url',
  'auth-server',
  'rate-limit',
]);

type Variable = {
  readonly name: string;
  readonly description: string;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  readonly format: string;
  readonly default?: string;
  readonly choices?: readonly string[];
};

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
        environmentVariables: [apiKey(), ...SETTING_LIST.flatMap(variableFor)],
      },
    ],
  };
}

function apiKey(): Variable {
  return {
    name: 'ANTHROPIC_API_KEY',
    description: 'Key for Claude Code; not needed where Claude Code is logged in',
    isRequired: false,
    isSecret: true,
    format: 'string',
  };
}

function variableFor(setting: (typeof SETTING_LIST)[number]): readonly Variable[] {
  const { flag, does, schema, values } = setting;
  if (OF_HTTP.has(flag)) return [];
  const byDefault = schema.parse(undefined);
  const isSet = byDefault !== undefined && !Array.isArray(byDefault);
  return [
    {
      name: variableOf(flag),
      description: does,
      isRequired: false,
      isSecret: false,
      format: formatOf(setting),
      ...(isSet && { default: String(byDefault) }),
      ...(values && { choices: values }),
    },
  ];
}

/** By the word that the help shows for the value: what has no default has a format too. */
function formatOf({ value }: (typeof SETTING_LIST)[number]): string {
  if (value === undefined) return 'boolean';
  if (value === 'N') return 'number';
  return value === 'DIR' || value === 'FILE' ? 'filepath' : 'string';
}
