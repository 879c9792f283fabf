/**
 * What the registry asks of a `server.json`: the part of its schema (2025-12-11) that an npm package over stdio can
 * meet or miss, written down by hand. The whole schema is checked by the registry's publisher when it is published.
 */

const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength });

const INPUT = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', pattern: '^[A-Z][A-Z0-9_]*$' },
    description: text(1000),
    isRequired: { type: 'boolean' },
    isSecret: { type: 'boolean' },
    format: { enum: ['string', 'number', 'boolean', 'filepath'] },
    default: { type: 'string' },
    placeholder: { type: 'string' },
    choices: { type: 'array', items: { type: 'string' } },
  },
};

const PACKAGE = {
  type: 'object',
  required: ['registryType', 'identifier', 'version', 'transport'],
  additionalProperties: false,
  properties: {
    registryType: { const: 'npm' },
    identifier: text(214),
    version: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+(-[\\w.]+)?$' },
    runtimeHint: { const: 'npx' },
    transport: {
      type: 'object',
      required: ['type'],
      additionalProperties: false,
      properties: { type: { const: 'stdio' } },
    },
    environmentVariables: { type: 'array', items: INPUT },
  },
};

export const SERVER_SCHEMA = {
  type: 'object',
  required: ['$schema', 'name', 'description', 'version'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string', format: 'uri' },
    name: { ...text(200), minLength: 3, pattern: '^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$' },
    title: text(100),
    description: text(100),
    version: text(255),
    packages: { type: 'array', minItems: 1, items: PACKAGE },
  },
};
