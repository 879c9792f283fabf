/** A write of ours, on the disk when it is answered, against one of the reference memory server, which is not. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Call, callSide, writeCalls } from '../calls.ts';
import { alternate } from '../rounds.ts';
import { RpcProcess } from '../rpc.ts';
import type { Bench, Row } from './row.ts';

const SERVER_MEMORY = fileURLToPath(
  import.meta.resolve('@modelcontextprotocol/server-memory/dist/index.js'),
);
const SESSIONS = 1000;

export const peers: Row = {
  name: 'peers',
  about: 'durable writes, against the undurable ones of @modelcontextprotocol/server-memory',
  async run({ place, scale }: Bench) {
    const state = await place.state({ sessions: SESSIONS, logged: SESSIONS });
    const ours = new RpcProcess(place.ours(state));
    const memory = new RpcProcess(
      place.command([SERVER_MEMORY], { MEMORY_FILE_PATH: join(place.directory, 'memory.jsonl') }),
    );
    await Promise.all([ours.initialize(), memory.initialize()]);
    const rounds = await alternate(scale.rounds, {
      ours: callSide(ours, writeCalls(SESSIONS).link_task as Call, scale),
      memory: callSide(memory, remember, scale),
    });
    await Promise.all([ours.close(), memory.close()]);
    const sides = { ours: 'ours', base: 'memory' } as const;
    const against = 'create_entities of server-memory';
    return [
      rounds.figure({ name: 'link_task, latency', unit: 'ms', against }, 'latencyMs', sides),
      rounds.figure({ name: 'link_task, 32 in flight', unit: '/s', against }, 'perSecond', sides),
    ];
  },
};

const remember: Call = (server, n) =>
  server.post('create_entities', {
    entities: [
      { name: `session ${n % SESSIONS}`, entityType: 'task', observations: [`TASK-${n}`] },
    ],
  });
