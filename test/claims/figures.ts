import { type Claim, claim } from './claim.ts';

const BENCH =
  'bench/bench.test.ts › the short form measures every row and leaves nothing; how fast anything is, is not its business';

/** What was measured: the bench that measures it is tested, and a figure is a reading of one machine. */
export const FIGURES: readonly Claim[] = [
  claim(
    '`npm run bench` measures the program beside what it could cost at the least, in under five minutes; [docs/benchmarks.md](docs/benchmarks.md) says what each figure means, and which stay above their aim and why.',
    BENCH,
    'docs/tables.test.ts › name no file and no heading of ours that is not there',
  ),
  claim('On a machine of two cores, with a model that answers at once:', BENCH),
  claim(
    '| a turn in a live session, prompt to result | 38 ms | 29 ms with the Agent SDK alone; 590 ms with a process for each prompt |',
    BENCH,
  ),
  claim(
    "| the first turn of a session, Claude Code's start included | 0.51 s | 0.46 s with the Agent SDK alone |",
    BENCH,
  ),
  claim(
    '| from what Claude says to a waiting client, on the disk by then | 1.2 ms | more than 30,000 events a second |',
    BENCH,
  ),
  claim(
    '| `get_session`, `get_metrics` | 0.13 ms | 0.065 ms for a tool that does nothing |',
    BENCH,
  ),
  claim(
    '| `link_task`, on the disk when it is answered | 0.7 ms | 1.7 ms with `server-memory`, which does not wait for the disk |',
    BENCH,
  ),
  claim(
    '| 100,000 sessions instead of ten | 0.9 to 1.3 times as long, by tool | no more memory |',
    BENCH,
  ),
  claim(
    '| 200 MCP sessions over HTTP | 2,900 calls a second | 6,100 for a tool that does nothing |',
    BENCH,
  ),
  claim(
    '| start, to the answer to `initialize` | 0.21 s | 0.20 s for a server that does nothing |',
    BENCH,
  ),
  claim('| a server that idles with 1,000 sessions | 90 MiB | 0.06 % of a core |', BENCH),
];
