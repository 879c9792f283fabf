/** Text from outside: made well-formed before it is stored, cut to a bound, and shown with nothing hidden in it. */

/**
 * Everything that acts on a terminal, changes the direction of the text, or cannot be seen: control and format
 * characters, tags, fillers. Tabs, line ends, and the joiners and selectors inside an emoji are allowed. A code point
 * that is only reserved for an emoji (`\p{C}`) is hidden, and so is a joiner next to it.
 */
export const HIDDEN =
  /(?![\t\n\u200d\ufe0e\ufe0f])[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?<![\p{Extended_Pictographic}--\p{C}][\ufe0f\p{Emoji_Modifier}]?)\u200d|\u200d(?![\p{Extended_Pictographic}--\p{C}])/gv;

/** Pictures of control characters, from NUL on. */
const PICTURES = 0x2400;

/** The text with each hidden character replaced by a picture of it or by U+FFFD; every line ends in a newline. */
export function visible(text: string): string {
  return text.replace(/\r\n|[\u2028\u2029\x85]/g, '\n').replace(HIDDEN, picture);
}

function picture(hidden: string): string {
  const code = hidden.charCodeAt(0);
  if (code === 0x7f) return '\u2421';
  return code < 0x20 ? String.fromCharCode(PICTURES + code) : '\ufffd';
}

/** Equal JSON with each hidden character as a `\u` escape: JSON itself leaves most of them raw. */
export function escapedJson(json: string): string {
  return json.replace(HIDDEN, escaped);
}

/** JSON escapes are code units: two for a character above U+FFFF. */
function escaped(hidden: string): string {
  const units = Array.from({ length: hidden.length }, (_unit, at) => hidden.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/** The text on one line, with everything hidden shown as by {@link visible}. */
export function oneLine(text: string): string {
  return visible(text).replace(/\s+/g, ' ').trim();
}

/** The beginning of a text. Like everything that cuts here, it never splits a character. */
export function headOf(text: string, charsMax: number): string {
  return text.slice(0, charsMax).replace(/[\ud800-\udbff]$/, '');
}

/** The end of a text. */
export function tailOf(text: string, charsMax: number): string {
  return text.slice(-charsMax).replace(/^[\udc00-\udfff]/, '');
}

/** The text, or its beginning and an ellipsis. */
export function shorten(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${headOf(text, charsMax)}…`;
}

/** The text, or its beginning and a note of how much was cut; the note is not counted. */
export function cutChars(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const kept = headOf(text, charsMax);
  return `${kept}… [${text.length - kept.length} characters cut]`;
}

/** The text, or its beginning and a note of how much was cut: at most `bytesMax` bytes with the note. */
export function cutBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.byteLength(text);
  if (bytes <= bytesMax) return text;
  const note = (cut: number): string => `… [${cut} bytes cut]`;
  // The ellipsis takes three bytes. No note is longer than one about the whole text.
  const kept = headBytes(text, bytesMax - note(bytes).length - 2);
  return kept + note(bytes - Buffer.byteLength(kept));
}

/** The text in pieces of at most `bytesMax` bytes; joined, they are the text again. */
export function splitBytes(text: string, bytesMax: number): readonly string[] {
  const pieces: string[] = [];
  let rest = text;
  while (Buffer.byteLength(rest) > bytesMax) {
    const head = headBytes(rest, bytesMax);
    pieces.push(head);
    rest = rest.slice(head.length);
  }
  return [...pieces, rest];
}

function headBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text.slice(0, bytesMax));
  let end = Math.min(bytes.length, bytesMax);
  while (isInsideCharacter(bytes[end])) end -= 1;
  return bytes.toString('utf8', 0, end);
}

/** The end of a text, in a string of its own: a slice would keep the whole text in memory. */
export function tailBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text.slice(-bytesMax));
  let start = Math.max(0, bytes.length - bytesMax);
  while (isInsideCharacter(bytes[start])) start += 1;
  return bytes.toString('utf8', start);
}

/** All bytes of a character but the first begin with the bits 10. */
function isInsideCharacter(byte = 0): boolean {
  return (byte & 0xc0) === 0x80;
}

/** The data with U+FFFD for every lone surrogate, in names too; the same object if there is none. */
export function wellFormed<T>(value: T): T {
  if (isWellFormed(value)) return value;
  return JSON.parse(wellFormedJson(JSON.stringify(value)));
}

/** The same for JSON. `JSON.stringify` writes `\ud…` escapes for lone surrogates only. */
export function wellFormedJson(json: string): string {
  if (!json.includes('\\ud')) return json;
  // Every escape is matched, so that the second half of `\\` does not begin one.
  return json.replace(/\\(?:ud[89a-f][0-9a-f]{2}|.)/g, (found) =>
    found.length > 2 ? '\ufffd' : found,
  );
}

/** Not recursive: a tool's input may be nested deeper than the stack allows. */
function isWellFormed(value: unknown): boolean {
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') {
      if (!next.isWellFormed()) return false;
    } else if (next !== null && typeof next === 'object') {
      for (const [name, inner] of Object.entries(next)) open.push(name, inner);
    }
  }
  return true;
}
