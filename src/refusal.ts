/**
 * How a start that cannot work ends: with a line on standard error and, if a client waits on standard input, with an
 * error in answer to it. Desktop programs show that error, but nobody sees standard error there. `main.ts` loads this on
 * whatever Node it finds, so there is nothing here that Node 14 does not parse, and no import.
 */

/** In a desktop program, these need not be files. */
export type Streams = {
  readonly stdin: Input | undefined;
  readonly stdout: Output;
  readonly stderr: Output;
};

type Input = {
  readonly isTTY?: boolean;
  on(event: string, listener: (chunk: unknown) => void): unknown;
};

type Output = {
  write(text: string, done: () => void): unknown;
  on(event: 'error', listener: () => void): unknown;
};

export type Refusal = {
  /** For the person who started the program. */
  readonly line: string;
  /** For the client, if one has started it. */
  readonly answer?: string | undefined;
  readonly exitCode: number;
};

/** JSON-RPC leaves this one to servers. */
const SERVER_ERROR = -32_000;

/** An `initialize` is far smaller. */
const LINE_CHARS_MAX = 1024 * 1024;

/** A client speaks as soon as it has started a server. One that has been silent for so long is none, or has left. */
const SILENCE_MS_MAX = 10_000;

/** After the answer to `initialize`, which a desktop program may pass on only while the process lives. */
const PARTING_MS_MAX = 2_000;

/** For what is written, if nobody reads it. */
const FLUSH_MS_MAX = 5_000;

/** Whether a command line is that of a server whose client is at the other end of standard input. */
export function isForClient(argv: readonly string[]): boolean {
  const [first = 'stdio'] = argv;
  return first === 'stdio' || (first.startsWith('-') && !/^--(help|version)$/.test(first));
}

/**
 * Answers every request of the client until it has its answer to `initialize` and had time to leave, or has gone. One
 * that probes for the newest revision first tries again on the same connection. A person at a terminal gets the line only.
 *
 * @returns the exit code, once everything is written
 */
export async function refuse(
  streams: Streams,
  { line, answer, exitCode }: Refusal,
): Promise<number> {
  const { stdout, stderr } = streams;
  // A stream that nobody listens to ends the process with its first error.
  for (const stream of [stdout, stderr]) stream.on('error', () => {});
  const told = written(stderr, `claude-sessions-mcp: ${line}\n`);
  const stdin = answer === undefined ? undefined : inputOf(streams);
  if (answer !== undefined && stdin !== undefined) await answerAll(stdin, stdout, answer);
  await told;
  return exitCode;
}

/** Undefined if nobody but a person can write to it. Node opens it when it is first asked for, which may fail. */
function inputOf(streams: Streams): Input | undefined {
  try {
    const { stdin } = streams;
    return stdin === undefined || stdin.isTTY === true ? undefined : stdin;
  } catch (_) {
    return undefined;
  }
}

async function answerAll(stdin: Input, stdout: Output, message: string): Promise<void> {
  const answers: Promise<void>[] = [];
  await readRequests(stdin, ({ id }) => {
    const answer = { jsonrpc: '2.0', id, error: { code: SERVER_ERROR, message } };
    answers.push(written(stdout, `${JSON.stringify(answer)}\n`));
  });
  await Promise.all(answers);
}

type Request = { readonly id: string | number; readonly method: string };

/** Resolves at the end of the input, or when nothing more is to be expected. */
function readRequests(stdin: Input, answer: (request: Request) => void): Promise<void> {
  return new Promise((resolve) => {
    const done = () => resolve();
    let timer = setTimeout(done, SILENCE_MS_MAX);
    let begun = '';
    const take = (line: string) => {
      const request = requestIn(line);
      if (request === undefined) return;
      answer(request);
      clearTimeout(timer);
      timer = setTimeout(done, request.method === 'initialize' ? PARTING_MS_MAX : SILENCE_MS_MAX);
    };
    stdin.on('data', (chunk) => {
      const lines = (begun + String(chunk)).split('\n');
      begun = (lines.pop() || '').slice(0, LINE_CHARS_MAX);
      for (const line of lines) take(line);
    });
    stdin.on('end', () => take(begun));
    for (const event of ['end', 'close', 'error']) stdin.on(event, done);
  });
}

/** The request in a line, if it is one. */
function requestIn(line: string): Request | undefined {
  try {
    const { id, method } = JSON.parse(line);
    const isNamed = typeof id === 'string' || typeof id === 'number';
    return isNamed && typeof method === 'string' ? { id, method } : undefined;
  } catch (_) {
    return undefined;
  }
}

function written(stream: Output, text: string): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, FLUSH_MS_MAX);
    const done = () => {
      clearTimeout(late);
      resolve();
    };
    try {
      stream.write(text, done);
    } catch (_) {
      done();
    }
  });
}
