/** What the tests of resources ask a client for. */

import type { Client } from '@modelcontextprotocol/client';

/** The one text of a resource. */
export async function readText(client: Client, uri: string): Promise<string> {
  const { contents } = await client.readResource({ uri });
  const [content, ...more] = contents;
  if (content === undefined || !('text' in content) || more.length > 0) {
    throw new Error(`${uri} is not one text`);
  }
  return content.text;
}

/** The error of a request that must fail. */
export async function errorOf(
  asked: Promise<unknown>,
): Promise<{ code: number; message: string; data: unknown }> {
  const { code, message, data } = await asked.then(
    () => {
      throw new Error('nothing was refused');
    },
    (error) => error,
  );
  return { code, message, data };
}
