/**
 * Markdown that Claude wrote, for a place inside our own: read by a parser, and written anew in a quote, from nothing but
 * what the parser found. All of its text is escaped, so whatever program shows it finds no other structure in it: no HTML,
 * no image, no definition that reaches beyond it, no link but to the web or to an address of mail.
 */

import { Lexer, type MarkedToken, type Token, type Tokens } from 'marked';
import { TRANSCRIPT_TEXT_BYTES_MAX } from '../limits.ts';
import { visible } from '../text.ts';
import { fenced, inline } from './markdown.ts';

/** Escaped it may become longer than this. Then it is shown as it is. */
const QUOTED_BYTES_MAX = 1.5 * TRANSCRIPT_TEXT_BYTES_MAX;
/** Maximum depth of quotes and lists in each other. */
const DEPTH_MAX = 12;
const DEEP_LINE = /^(?:[ \t]*(?:[>*+-]|\d{1,9}[.)])){13}/m;
/** Maximum number of lines that separate: of tables, below headings, between parts. */
const RULES_MAX = 100;
/** Maximum number of marks in one paragraph, line of a list or cell. With more it is shown as it is. */
const MARKS_MAX = 150;
/** Claude's headings are below ours. */
const HEADING_STEPS_DOWN = 2;
const HEADING_DEPTH_MAX = 6;
const PROTOCOLS = new Set(['http:', 'https:', 'mailto:']);
const LANGUAGE = /^[\w+#.-]{1,30}$/;

/** A quote of the text; or a code block, if it is no Markdown that people write. */
export function quotedMarkdown(text: string): string {
  const shown = visible(text);
  const quoted = isHostile(shown) ? undefined : quotedIfReadable(shown);
  if (quoted === undefined || Buffer.byteLength(quoted) > QUOTED_BYTES_MAX) return fenced(shown);
  return quoted;
}

/**
 * Whether the parser could take long for its blocks: a line that begins with many marks of quotes and lists, or very many
 * tables.
 */
function isHostile(text: string): boolean {
  const rules = text.match(/^[ \t>|:-]+$/gm)?.length ?? 0;
  return rules > RULES_MAX || DEEP_LINE.test(text);
}

/** Reads the blocks, and what is in those that can be read in good time. */
function tokensOf(text: string): readonly Token[] {
  const lexer = new Lexer({ gfm: true });
  lexer.blockTokens(text, lexer.tokens);
  for (const { src, tokens } of lexer.inlineQueue) {
    const marks = src.match(/[*_~`[\]!<&()]/g)?.length ?? 0;
    if (marks <= MARKS_MAX) lexer.inlineTokens(src, tokens);
    else tokens.push({ type: 'text', raw: src, text: src });
  }
  return lexer.tokens;
}

function quotedIfReadable(text: string): string | undefined {
  try {
    const written = blocks(tokensOf(text), 0);
    return prefixed(written, '> ');
  } catch (error) {
    if (error instanceof TooDeepError || error instanceof RangeError) return undefined;
    throw error;
  }
}

class TooDeepError extends Error {}

function blocks(tokens: readonly Token[], depth: number, gap = '\n\n'): string {
  if (depth > DEPTH_MAX) throw new TooDeepError();
  const written = tokens.map((token) => block(token as MarkedToken, depth));
  return written.filter((text) => text !== '').join(gap);
}

function block(token: MarkedToken, depth: number): string {
  switch (token.type) {
    case 'heading':
      return heading(token);
    case 'code':
      return fenced(token.text, LANGUAGE.test(token.lang ?? '') ? token.lang : '');
    case 'blockquote':
      return prefixed(blocks(token.tokens, depth + 1), '> ');
    case 'list':
      return list(token, depth);
    case 'table':
      return table(token);
    case 'hr':
      // Below a text, `---` would make a heading of it.
      return '***';
    case 'space':
      return '';
    case 'paragraph':
      return lines(spans(token.tokens));
    case 'text':
      return lines(token.tokens === undefined ? plain(token.text) : spans(token.tokens));
    case 'html':
    case 'def':
      return lines(plain(token.raw));
    case 'checkbox':
      return '';
    case 'list_item':
    case 'br':
    case 'codespan':
    case 'del':
    case 'em':
    case 'escape':
    case 'image':
    case 'link':
    case 'strong':
      return lines(span(token));
  }
}

function heading({ depth, tokens }: Tokens.Heading): string {
  const marks = '#'.repeat(Math.min(depth + HEADING_STEPS_DOWN, HEADING_DEPTH_MAX));
  // A mark at the end would count as the end of the heading.
  return `${marks} ${onOneLine(spans(tokens)).replace(/#+$/, (end) => end.replaceAll('#', '\\#'))}`;
}

function list({ items, ordered, start, loose }: Tokens.List, depth: number): string {
  const gap = loose ? '\n\n' : '\n';
  const first = typeof start === 'number' && start < 1e8 ? start : 1;
  return items
    .map((item, at) => {
      if (item.tokens.length === 0) return '';
      const bullet = ordered ? `${first + at}. ` : '- ';
      const box = item.task ? `[${item.checked ? 'x' : ' '}] ` : '';
      const text = `${box}${blocks(item.tokens, depth + 1, gap)}`;
      return bullet + prefixed(text, ' '.repeat(bullet.length)).trimStart();
    })
    .filter((text) => text !== '')
    .join(gap);
}

const ALIGNMENTS = { left: ':--', right: '--:', center: ':-:' };

function table({ header, align, rows }: Tokens.Table): string {
  const rule = align.map((side) => (side === null ? '---' : ALIGNMENTS[side]));
  return [header.map(cell), rule, ...rows.map((row) => row.map(cell))]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** In a cell, a bar in code is escaped too. */
function cell({ tokens }: Tokens.TableCell): string {
  return onOneLine(spans(tokens)).replaceAll('\\|', '|').replaceAll('|', '\\|');
}

function spans(tokens: readonly Token[]): string {
  return tokens.map((token) => span(token as MarkedToken)).join('');
}

function span(token: MarkedToken): string {
  switch (token.type) {
    case 'codespan':
      return inline(token.text, token.text.length);
    case 'strong':
      return `**${spans(token.tokens)}**`;
    case 'em':
      return `*${spans(token.tokens)}*`;
    case 'del':
      return `~~${spans(token.tokens)}~~`;
    case 'link':
      return link(spans(token.tokens), token.text, token.href);
    case 'image':
      return link(`image: ${plain(token.text)}`, token.text, token.href);
    case 'br':
      return '\\\n';
    case 'text':
      return token.tokens === undefined ? plain(token.text) : spans(token.tokens);
    case 'escape':
      return plain(token.text);
    case 'html':
    case 'checkbox':
    case 'space':
    case 'code':
    case 'heading':
    case 'blockquote':
    case 'list':
    case 'list_item':
    case 'table':
    case 'hr':
    case 'def':
    case 'paragraph':
      return plain(token.raw);
  }
}

/** Only to targets that are allowed; any other is shown as text. */
function link(shown: string, text: string, href: string): string {
  const target = targetOf(href);
  if (target === undefined) return `${shown} (${inline(href, href.length)})`;
  if (text === href && /^https?:[\w/.:~-]+$/.test(target)) return `<${target}>`;
  return `[${shown}](${target})`;
}

function targetOf(href: string): string | undefined {
  if (!URL.canParse(href)) return undefined;
  const url = new URL(href);
  if (!PROTOCOLS.has(url.protocol)) return undefined;
  return url.href
    .replace(/[^\w\-.~:/?#@!$&+,;=%]/gu, (each) => percent(each))
    .replace(/&(?=[#\w]+;)/g, '&amp;');
}

function percent(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${hex(byte)}`).join('');
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}

/**
 * Text in which nothing means anything: marks, HTML, characters by their names, addresses that would become links. The
 * parser has replaced such names, perhaps by characters that are hidden. An exclamation mark at the end would make an image
 * of a link that follows.
 */
function plain(text: string): string {
  return visible(text)
    .replace(/[\\`*[\]~|]/g, '\\$&')
    .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
    .replace(/&(?!(?:amp|lt|gt|quot);)(?=#?\w+;)/g, '&amp;')
    .replace(/!$/, '\\!')
    .replaceAll('<', '&lt;')
    .replace(/(?<!\bhttps?):(?=\/\/)|(?<=\bxmpp):/gi, '\\:');
}

/** The lines of a paragraph, none of which begins anything else. */
function lines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/^[#>=+:-]|^~(?=~~)|(?<=^\d{1,9})[.)]/, '\\$&'))
    .filter((line) => line !== '')
    .join('\n');
}

function onOneLine(text: string): string {
  return text.replace(/\\?\s*\n\s*/g, ' ').trim();
}

function prefixed(text: string, prefix: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? prefix.trimEnd() : prefix + line))
    .join('\n');
}
