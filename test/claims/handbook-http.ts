import { type Claim, claim } from './claim.ts';

const LIMITS = 'docs/tables.test.ts › of HTTP are those of the program: %s';
const IN_WORDS = 'docs/tables.test.ts › that HTTP says in words are those of the program';

/** What `docs/operating.md` says of HTTP. */
export const HANDBOOK_HTTP: readonly Claim[] = [
  claim(
    'Each name in the token file is a principal with sessions of its own.',
    'transport/identity.test.ts › names a principal for each token, default for a bare one',
    'integration/http.test.ts › shows one principal nothing of another',
  ),
  claim(
    "Changes to the file count within seconds: a revoked token's streams and calls are cut, and the MCP sessions of a principal without a token end.",
    'transport/token-file.test.ts › is seen by itself',
    'transport/http-tokens.test.ts › its streams and calls are cut, and the MCP sessions of its principal end',
  ),
  claim(
    'A line that is gone takes its token with it, even if another line is wrong; new tokens wait until the file is right.',
    'transport/token-file.test.ts › with a line that is wrong keeps out whom it names no more, and lets in nobody new',
  ),
  claim(
    'If the file is gone, empty or unreadable, its tokens stay good for 30 s; after that nobody gets in until it is right again.',
    'transport/token-file.test.ts › lets in whom it named for a while after it %s, and then nobody',
    IN_WORDS,
  ),
  claim(
    'It must be a regular file of at most 1 MiB.',
    'transport/token-file.test.ts › lets in whom it named for a while after it %s, and then nobody',
    IN_WORDS,
  ),
  claim(
    'Beyond loopback, put TLS in front and name what clients send as `Host` (`--public-url`, `--allowed-host box.lan:7337`).',
    'transport/http-perimeter.test.ts › may be one of the allow list, as may the Host',
    'transport/http-pages.test.ts › the metadata says so to anybody, and a request without a token is pointed to it',
  ),
  claim(
    '`--auth-server` only tells OAuth clients where tokens come from (RFC 9728): a token is good when it stands in the token file, whoever issued it.',
    'transport/http-pages.test.ts › the metadata says so to anybody, and a request without a token is pointed to it',
    'transport/identity.test.ts › names the principal of exactly its token, whatever the file holds',
  ),
  claim(
    "| requests | `--rate-limit` a second, ten seconds' worth at once | a tool call gets `LIMIT_EXCEEDED` and when to retry, anything else 429 |",
    'transport/http-limits.test.ts › gets a tool result that says so and when to come back',
    'transport/http-limits.test.ts › gets 429 for anything else, and is not heard less: notifications and streams pass',
    IN_WORDS,
  ),
  claim(
    '| MCP sessions | 600, of 1,000 in all | the longest idle one of this principal ends; if none is idle, 429 |',
    'transport/http-session-room.test.ts › clients that come once and go without a word lock nobody out',
    'transport/http-session-room.test.ts › it is none of another principal, and no more are open in all than may be',
    LIMITS,
  ),
  claim(
    '| requests and streams under way | 2,000 | 429 |',
    'transport/http-exchanges.test.ts › are bounded for each principal, and a place that was freed can be taken',
    LIMITS,
  ),
  claim(
    '| sessions that have not ended | `--max-sessions-per-principal` | `LIMIT_EXCEEDED` |',
    'tools/create-session.test.ts › refuses one principal more than its share, and nobody else',
  ),
  claim(
    'A message may have 4 MiB, 128 levels and 40,000 elements, headers 16 KiB; headers must be complete after 10 s, a request after 30 s.',
    LIMITS,
    'transport/http-body.test.ts › at the limit is served and one byte more is refused, announced or not',
    'transport/http-body.test.ts › as deep and as wide as allowed is served, one more is not',
    'transport/http-perimeter.test.ts › headers larger than 16 KiB are refused',
    'transport/http-slow.test.ts › a client that %s is told so and cut off',
  ),
  claim(
    'All messages that come in at once may hold 64 MiB.',
    'transport/http-body.test.ts › is refused while others hold all that may come in at once, and served when they are gone',
    LIMITS,
  ),
  claim(
    'An MCP session without a request or stream ends after 30 minutes, after one if nothing followed `initialize`.',
    'transport/http-sessions.test.ts › ends after the idle time and not before',
    'transport/http-sessions.test.ts › in which nothing followed its opening ends much sooner',
    LIMITS,
    IN_WORDS,
  ),
  claim(
    'One that has to make way ends as if its time was up.',
    'transport/http-session-room.test.ts › the longest idle one makes way, whether it was ever used or not',
  ),
  claim(
    'A client that reads nothing for a minute is cut off.',
    'transport/http-exchanges.test.ts › are cut when their client has taken nothing for a while, and not when it takes a little',
    'transport/http-transport.test.ts › a client that does not read its stream is cut off when too much waits for it, and no other',
    IN_WORDS,
  ),
  claim(
    'One that lost its connection gets the rest of a stream with `Last-Event-ID` (2025 revisions), from the newest 200 events or 1 MiB of its MCP session; `read_events` has everything.',
    'transport/http-replay.test.ts › gets the answer with the id of the last event it saw, and the stream ends',
    'transport/http-replay.test.ts › is the newest of a session, by number and by size',
    LIMITS,
  ),
  claim(
    'An address that sends 100 requests a minute without a valid token is answered 429 for more.',
    'transport/http-limits.test.ts › is answered 429 after a while, then 401 again, and its good requests always pass',
    LIMITS,
  ),
  claim(
    '`Connection: close` is honoured.',
    'transport/http-connection.test.ts › may speak HTTP/1.0, where that is the rule',
    'transport/http-connection.test.ts › has it closed after its stream too, when that ends',
  ),
  claim(
    'When the server stops, calls under way have one second to be answered.',
    'transport/http-close.test.ts › answers the calls under way',
    IN_WORDS,
  ),
];
