/**
 * `/metrics`, for scrapers. The figures count over all principals, so where there are several a caller's token
 * does not open them: there a scraper has a token of its own, which opens nothing else.
 */

import type { ServerResponse } from 'node:http';
import { HttpRefusal } from './http-reply.ts';
import type { Route } from './http-routes.ts';

const METRICS_PATH = '/metrics';

/** The name in the token file whose token reads `/metrics`, and may do nothing else. */
export const SCRAPER = 'metrics';

export type Figures = {
  readonly contentType: string;
  /** As they stand now. */
  text(): Promise<string>;
};

/** Refuses with 403 any principal that is neither the scraper nor the only one of `principals`. */
export function figuresRoute(figures: Figures, principals: () => ReadonlySet<string>): Route {
  return {
    path: METRICS_PATH,
    methods: ['GET'],
    isPublic: false,
    answer: async (_request, response, principal) => {
      if (principal !== SCRAPER && principals().size > 1) {
        throw new HttpRefusal(
          403,
          `several names share this server; use the token of "${SCRAPER}"`,
        );
      }
      await sendFigures(response, figures);
    },
  };
}

/** @throws HttpRefusal 403 where MCP is asked for with the scraper's token */
export function checkNoScraper(principal: string): void {
  if (principal !== SCRAPER) return;
  throw new HttpRefusal(403, `the token of "${SCRAPER}" is for ${METRICS_PATH} only`);
}

async function sendFigures(response: ServerResponse, figures: Figures): Promise<void> {
  const text = await figures.text();
  response.writeHead(200, {
    'Content-Type': figures.contentType,
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}
