/** The manifest of the bundle for Claude Desktop. */

import { TOOLS } from '../../src/tools/index.ts';
import type { Package } from './package.ts';

export const ENTRY = 'start.mjs';

const LONG_DESCRIPTION = `Gives Claude Desktop a fleet of Claude Code sessions on this computer: hand one a job in a folder, watch it work,
answer what it asks to be allowed, stop it, and see what it cost.

Sessions work only in the folders that you pick. They run with your rights, under Claude Code's permission rules; whatever those do
not settle waits for an answer. Claude Code itself is not part of this extension: install it first.

Privacy: the extension keeps sessions, with prompts and results, in a folder of your user account, and sends nothing anywhere by itself.
Claude Code sends the conversation to the API of Anthropic or of the cloud that you have set up.`;

/** Version 0.3 of the format: 0.4 adds nothing that is used here, and older Claude Desktops do not read it. */
export function bundleManifest({
  name,
  version,
  description,
  license,
  keywords,
  engines,
}: Package) {
  return {
    manifest_version: '0.3',
    name,
    display_name: 'Claude Code sessions',
    version,
    description,
    long_description: LONG_DESCRIPTION,
    author: { name: `the ${name} authors` },
    license,
    keywords: [...keywords],
    server: {
      type: 'node',
      entry_point: ENTRY,
      mcp_config: {
        command: 'node',
        args: [`\${__dirname}/${ENTRY}`, picked('roots')],
        env: {
          CLAUDE_SESSIONS_CLAUDE_PATH: picked('claude_path'),
          ANTHROPIC_API_KEY: picked('api_key'),
        },
      },
    },
    tools: TOOLS.map((tool) => ({ name: tool.name, description: tool.title })),
    compatibility: { platforms: ['darwin', 'linux'], runtimes: { node: engines.node } },
    user_config: {
      roots: {
        type: 'directory',
        title: 'Folders',
        description: 'Sessions may work in these folders and below, nowhere else.',
        multiple: true,
        required: true,
      },
      claude_path: {
        type: 'file',
        title: 'Claude Code',
        description:
          'The program "claude". Leave it empty where Claude Code is in its usual place.',
        required: false,
      },
      api_key: {
        type: 'string',
        title: 'API key of Anthropic',
        description: 'Leave it empty where Claude Code is logged in.',
        sensitive: true,
        required: false,
      },
    },
  };
}

/** Where Claude Desktop puts what a person has entered. */
function picked(name: string): string {
  return `\${user_config.${name}}`;
}
