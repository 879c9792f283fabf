/** Small icons in one colour, as data URLs: nothing is fetched for them. */

export type Icon = { readonly src: string; readonly mimeType: string; readonly sizes: string[] };

/** An icon of one path, in a view box of 16 by 16. */
export function icon(path: string): Icon[] {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#c96442" d="${path}"/></svg>`;
  const src = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
  return [{ src, mimeType: 'image/svg+xml', sizes: ['any'] }];
}

export const ICONS = {
  session: icon('M1 2h14v12H1zM3 5l3 3-3 3 1 1 4-4-4-4zM8 11h5v1H8z'),
  transcript: icon('M3 1h10v14H3zM5 4h6v1H5zM5 7h6v1H5zM5 10h4v1H5z'),
  events: icon('M2 3h2v2H2zM6 3h8v2H6zM2 7h2v2H2zM6 7h8v2H6zM2 11h2v2H2zM6 11h8v2H6z'),
  metrics: icon('M2 9h3v5H2zM7 5h3v9H7zM12 2h3v12h-3z'),
  task: icon('M7 1h8v8l-7 7-8-8zM11 4v2h2V4z'),
  delegate: icon('M2 7h7V3l6 5-6 5V9H2z'),
  review: icon('M7 2a5 5 0 1 1-3 9l-3 3-1-1 3-3a5 5 0 0 1 4-8z'),
  permission: icon('M8 1l6 2v5c0 4-3 6-6 7-3-1-6-3-6-7V3z'),
  report: icon('M3 1h7l3 3v11H3zM5 11h2v2H5zM8 8h2v5H8z'),
} as const;
