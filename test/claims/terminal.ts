import { type Claim, claim } from './claim.ts';

const TABLE =
  'docs/tables.test.ts › the commands of the README are those of the program, with flags that they take';

/** The commands for people. */
export const TERMINAL: readonly Claim[] = [
  claim(
    'The same sessions, for people, beside servers and without one.',
    'integration/cli.test.ts › list, show, follow, measure and end what it runs',
    'integration/cli.test.ts › show and end what it has left',
  ),
  claim(
    'A person at the terminal is the operator, who sees the sessions of all principals.',
    'cli/list.test.ts › shows the open sessions of all principals, newest first; filters let further ones through',
  ),
  claim(
    '| `list` | the sessions, newest activity first; `--all` (ended ones too), `--status`, `--task`, `--label`, `--limit` |',
    TABLE,
    'cli/list.test.ts › shows the open sessions of all principals, newest first; filters let further ones through',
  ),
  claim(
    '| `show ID` | one session: what it does, asks and cost |',
    TABLE,
    'cli/session.test.ts › show says what a session is, does, asks and cost, in lines that fit',
  ),
  claim(
    '| `tail ID` | what it says and does, as it happens, until it has ended; `--after` (0: the whole log), `--no-follow` |',
    TABLE,
    'cli/tail.test.ts › follows what another server writes, and stops when the session has ended',
    'cli/tail.test.ts › prints one event a line as JSON, all of it from a seq on',
    'cli/tail.test.ts › without following shows what is there',
  ),
  claim(
    '| `metrics` | counts, tokens and cost of all sessions, or with `--task` of one task |',
    TABLE,
    'cli/session.test.ts › metrics sum up all principals, or one task',
  ),
  claim(
    '| `end ID` | ends a session wherever it runs; returns when its last process is gone; `--reason` |',
    TABLE,
    'integration/cli.test.ts › list, show, follow, measure and end what it runs',
    'integration/cli.test.ts › show and end what it has left',
    'cli/session.test.ts › takes a session from a server that is gone, and starts no turn of another',
  ),
  claim(
    '| `doctor` | checks Node, Claude Code, credentials, transcripts, isolation, roots, state directory and disk, and says what to do |',
    TABLE,
    'cli/doctor.test.ts › finds nothing wrong where sessions can run, and tells no secret',
    'cli/doctor.test.ts › shows a line for each check, and below it what to do',
    'integration/cli.test.ts › doctor finds a sound place, in its own words and in JSON',
  ),
  claim(
    '| `backup FILE` | copies all sessions, while servers run |',
    TABLE,
    'durability/backup.test.ts › backups taken under load are whole, hold what was acknowledged, and serve as state directories',
  ),
  claim(
    '`ID` is the id, its beginning or that of its UUID, or the name.',
    'cli/session.test.ts › by its id, its UUID, the beginning of either, or its name',
    'cli/session.test.ts › only where no other may be meant, of those that have not ended',
  ),
  claim(
    'Lines fit the width of a terminal.',
    'cli/list.test.ts › is a table of 80 columns at a terminal, and all of it between tabs behind a pipe',
    'cli/tail.test.ts › shows every kind of event in lines that fit, with nothing in them that acts',
  ),
  claim(
    'Behind a pipe there is one line a row, with tabs between the columns, never coloured; `--json` is for programs.',
    'cli/list.test.ts › is a table of 80 columns at a terminal, and all of it between tabs behind a pipe',
    'cli/terminal.test.ts › in %j colours are wanted: %s',
    'integration/cli.test.ts › list, show, follow, measure and end what it runs',
  ),
  claim(
    'In both, control and direction characters in text from others are escaped or replaced.',
    'cli/hidden.test.ts › in %s columns',
    'cli/hidden.test.ts › as JSON, which says the same',
  ),
  claim(
    'The exit code is 0, 1 for what failed or is not there, 2 for a wrong line.',
    'integration/cli.test.ts › find nothing where none has been, and make nothing',
    'integration/cli.test.ts › %j ends with 2 and one line',
  ),
];
