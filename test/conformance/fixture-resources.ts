import { ResourceNotFoundError, type Server } from '@modelcontextprotocol/server';
import { PNG } from './fixture-content.ts';

const TEXT = { uri: 'test://static-text', name: 'static-text', mimeType: 'text/plain' };
const BINARY = { uri: 'test://static-binary', name: 'static-binary', mimeType: 'image/png' };
const WATCHED = {
  uri: 'test://watched-resource',
  name: 'watched-resource',
  mimeType: 'text/plain',
};
const TEMPLATE = {
  uriTemplate: 'test://template/{id}/data',
  name: 'template',
  mimeType: 'application/json',
};

export function serveFixtureResources(server: Server): void {
  server.setRequestHandler('resources/list', () => ({ resources: [TEXT, BINARY, WATCHED] }));
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: [TEMPLATE] }));
  server.setRequestHandler('resources/read', ({ params: { uri } }) => ({
    contents: [{ uri, ...contentOf(uri) }],
  }));
  server.setRequestHandler('resources/subscribe', () => ({}));
  server.setRequestHandler('resources/unsubscribe', () => ({}));
}

type Content = { readonly mimeType: string } & (
  | { readonly text: string }
  | { readonly blob: string }
);

function contentOf(uri: string): Content {
  if (uri === TEXT.uri) {
    return { mimeType: TEXT.mimeType, text: 'This is the content of the static text resource.' };
  }
  if (uri === BINARY.uri) return { mimeType: BINARY.mimeType, blob: PNG };
  if (uri === WATCHED.uri) return { mimeType: WATCHED.mimeType, text: 'Watched.' };
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id === undefined) throw new ResourceNotFoundError(uri);
  const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
  return { mimeType: TEMPLATE.mimeType, text };
}
