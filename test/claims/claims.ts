/** What the pages state: what tests prove, and what claims nothing that a test could. */

import type { Claim } from './claim.ts';
import { FIGURES } from './figures.ts';
import { HANDBOOK } from './handbook.ts';
import { HANDBOOK_HTTP } from './handbook-http.ts';
import { OPENING } from './opening.ts';
import { OPERATING } from './operating.ts';
import { SETTINGS } from './settings.ts';
import { TERMINAL } from './terminal.ts';
import { TOOLS_AND_MORE } from './tools.ts';

export type Page = {
  readonly page: string;
  readonly claims: readonly Claim[];
  /** What the reader is to do, where more is to be read, and what we admit. */
  readonly others: readonly string[];
};

const README: Page = {
  page: 'README.md',
  claims: [...OPENING, ...TOOLS_AND_MORE, ...TERMINAL, ...SETTINGS, ...OPERATING, ...FIGURES],
  others: [
    'Build once with `npm ci && npm run build`.',
    '`PATH_TO` below is the folder of this project.',
    'Then tell your client what you want: *have the tests of ~/shop mended by a Claude Code session, and show me what it asks to be allowed.*',
    'It does not change what you write yourself, or what Claude Code keeps in its own transcripts.',
    'A session runs with your rights.',
    "Its directory and Claude Code's permission rules are no sandbox: for hostile code, run the server in a container.",
    '**Watching it.**',
    '[docs/terminal.md](docs/terminal.md) shows each.',
    '[docs/operating.md](docs/operating.md) is the page for whoever runs it: restoring and upgrading, several servers, HTTP and its limits, sizing, what to do when the disk fails.',
    'Windows is not supported yet.',
    'Tested on Linux only.',
    'MIT.',
    "Claude Code and the Agent SDK come under Anthropic's own terms.",
  ],
};

const OPERATING_PAGE: Page = {
  page: 'docs/operating.md',
  claims: [...HANDBOOK, ...HANDBOOK_HTTP],
  others: [
    'All servers of one state directory run on one machine, or in one container.',
    'Claude Code keeps the conversations themselves in `~/.claude/projects` (or `$CLAUDE_CONFIG_DIR/projects`): back that up too.',
    'Claude Code deletes transcripts that are older than its setting `cleanupPeriodDays` (30 by default): raise it if sessions are to rest longer.',
    'On macOS every start of a server counts as a reboot.',
    'Each HTTP connection and each session takes some.',
    'One that runs as another user (`sudo`) cannot be ended there.',
    'A program that sets that limit (file locks) anew, on purpose, does get away; only a PID namespace prevents that.',
    'On macOS there is only the mark in the environment: a process that clears it is not found, and what a `kill -9` of the server leaves is ended by the next server to look.',
    'Make a backup, end all servers, bring the new version (`git pull && npm ci && npm run build`), start it.',
    'The way back is the backup.',
    'Windows is not supported yet.',
    'Tested on Linux only.',
  ],
};

export const PAGES: readonly Page[] = [README, OPERATING_PAGE];
