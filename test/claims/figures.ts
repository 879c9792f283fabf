import { type Claim, claim } from './claim.ts';

const BENCH =
  'bench/bench.test.ts › the short form measures every row and leaves nothing; how fast anything is, is not its business';

/** What was measured: the bench that measures it is tested, and a figure is a reading of one machine. */
export const FIGURES: readonly Claim[] = [
  claim(
    '`npm run bench` measures the program beside what it could cost at the least, in about five minutes; [docs/benchmarks.md](docs/benchmarks.md) says what each figure means, and which stay above their aim and why.',
    BENCH,
    'docs/tables.test.ts › name no file and no heading of ours that is not there',
  ),
  claim('On a machine of two cores, with a model that answers at once:', BENCH),
  claim(
    '| a turn in a live session, prompt to result | 38 ms | 28 ms with the Agent SDK alone; 530 ms with a process for each prompt |',
    BENCH,
  ),
  claim(
    "| the first turn of a session, Claude Code's start included | 0.60 s | 0.59 s with the Agent SDK alone |",
    BENCH,
  ),
  claim(
    '| from what Claude says to a waiting client, on the disk by then | 2.7 ms | more than 35,000 events a second |',
    BENCH,
  ),
  claim(
    '| `get_session`, `get_metrics` | 0.09 to 0.25 ms | 0.05 to 0.08 ms for a tool that does nothing |',
    BENCH,
  ),
  claim(
    '| `link_task`, on the disk when it is answered | 0.7 ms | 1.8 ms with `server-memory`, which does not wait for the disk |',
    BENCH,
  ),
  claim(
    '| 100,000 sessions instead of ten | 0.8 to 1.4 times as long, by tool | no more memory |',
    BENCH,
  ),
  claim(
    '| 200 MCP sessions over HTTP | 2,800 calls a second | 4,000 for a tool that does nothing |',
    BENCH,
  ),
  claim(
    '| start, to the answer to `initialize` | 0.18 s | 0.18 s for a server that does nothing |',
    BENCH,
  ),
  claim('| a server that idles with 1,000 sessions | 82 MiB | 0.07 % of a core |', BENCH),
];
