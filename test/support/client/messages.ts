/** Messages that the tests write by hand. */

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'test', version: '1.0.0' },
  },
};

export const INITIALIZED = { jsonrpc: '2.0' as const, method: 'notifications/initialized' };

export const call = (id: unknown, name: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

/** A request of the revision 2026-07-28. */
export const modern = (method: string, params: object = {}) => {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': INITIALIZE.params.clientInfo,
  };
  return { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } };
};

/** A tool call of that revision over HTTP. */
export const modernCall = (name: string, headers: Record<string, string> = {}) => ({
  headers: {
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': name,
    ...headers,
  },
  body: modern('tools/call', { name, arguments: {} }),
});

/** A message as one frame of the stdio transport. */
export const line = (message: unknown): string => `${JSON.stringify(message)}\n`;

/** The whole lines of a text, without the empty ones. */
export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .slice(0, -1)
    .filter((each) => each !== '');
