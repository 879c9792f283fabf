/** The manifest of the bundle for Claude Desktop. */

import { EXTENSION_TITLES, SETTING_LIST, variableOf } from '../../src/settings.ts';
import { TOOLS } from '../../src/tools/index.ts';
import type { Package } from './package.ts';

export const ENTRY = 'start.mjs';
export const ICON = 'icon.png';

const LONG_DESCRIPTION = `Gives Claude Desktop a fleet of Claude Code sessions on this computer: hand one a job in a folder, watch it work,
answer what it asks to be allowed, stop it, and see what it cost.

Sessions work only in the folders that you pick. They run with your rights, under Claude Code's permission rules; whatever those do
not settle waits for an answer. Claude Code itself is not part of this extension: install it first.

Privacy: the extension keeps sessions, with prompts and results, in a folder of your user account, and sends nothing anywhere by itself.
Claude Code sends the conversation to the API of Anthropic or of the cloud that you have set up.`;

/** Version 0.3 of the format: 0.4 adds nothing that is used here, and older Claude Desktops do not read it. */
export function bundleManifest({ name, version, description, license, keywords }: Package) {
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
    icon: ICON,
    server: {
      type: 'node',
      entry_point: ENTRY,
      mcp_config: {
        command: 'node',
        args: [`\${__dirname}/${ENTRY}`, picked('roots')],
        env: {
          ...Object.fromEntries(FIELDS.map(({ flag, key }) => [variableOf(flag), picked(key)])),
          ANTHROPIC_API_KEY: picked('api_key'),
          CLAUDE_SESSIONS_EXTENSION: '1',
        },
      },
    },
    tools: TOOLS.map((tool) => ({ name: tool.name, description: tool.title })),
    // Which Node will do depends on its SQLite, which a desktop program builds with its own: the program looks and says so.
    compatibility: { platforms: ['darwin', 'linux'], runtimes: { node: '>=22' } },
    user_config: {
      roots: {
        type: 'directory',
        title: EXTENSION_TITLES.roots,
        description: 'Sessions may work in these folders and below, nowhere else.',
        multiple: true,
        required: true,
      },
      claude_path: {
        type: 'file',
        title: EXTENSION_TITLES.claudePath,
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
      max_live: {
        type: 'number',
        title: EXTENSION_TITLES.maxLive,
        description: 'How many sessions may work at the same time; the others wait for their turn.',
        default: Number(defaultOf('max-live')),
        min: 1,
        max: 100,
        required: false,
      },
      allow_bypass_permissions: {
        type: 'boolean',
        title: EXTENSION_TITLES.allowBypassPermissions,
        description:
          'Sessions may be created with the mode bypassPermissions, in which nobody is asked before a tool runs.',
        default: false,
        required: false,
      },
      state_dir: {
        type: 'directory',
        title: EXTENSION_TITLES.stateDir,
        description:
          'Where sessions are kept. Leave it empty for the usual place, which other clients on this computer use too.',
        required: false,
      },
    },
  };
}

/** The settings that are fields of the form, but for the folders, which come as arguments because they may be several. */
const FIELDS = SETTING_LIST.filter(({ name }) => name in EXTENSION_TITLES && name !== 'roots').map(
  ({ flag }) => ({ flag, key: flag.replaceAll('-', '_') }),
);

function defaultOf(wanted: string): unknown {
  return SETTING_LIST.find(({ flag }) => flag === wanted)?.schema.parse(undefined);
}

/** Where Claude Desktop puts what a person has entered. */
function picked(name: string): string {
  return `\${user_config.${name}}`;
}
