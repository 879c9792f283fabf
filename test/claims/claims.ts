/** Every statement of the README: those that tests prove, and those that claim nothing a test could. */

import type { Claim } from './claim.ts';
import { OPENING } from './opening.ts';
import { OPERATING } from './operating.ts';
import { SETTINGS } from './settings.ts';
import { TOOLS_AND_MORE } from './tools.ts';

export const CLAIMS: readonly Claim[] = [...OPENING, ...TOOLS_AND_MORE, ...SETTINGS, ...OPERATING];

/** What the reader is to do, where more is to be read, and what we admit. */
export const NO_CLAIMS: readonly string[] = [
  'Build once with `npm ci && npm run build`.',
  '`PATH_TO` below is the folder of this project.',
  'Then tell your client what you want: *have the tests of ~/shop mended by a Claude Code session, and show me what it asks to be allowed.*',
  'A session runs with your rights.',
  "Its directory and Claude Code's permission rules are no sandbox: for hostile code, run the server in a container.",
  '**Watching it.**',
  '**Backup.**',
  '[docs/operating.md](docs/operating.md) is the page for whoever runs it: restoring and upgrading, several servers, HTTP and its limits, sizing, what to do when the disk fails.',
  'Windows is not supported yet.',
  'Tested on Linux only.',
  'MIT.',
  "Claude Code and the Agent SDK come under Anthropic's own terms.",
];
