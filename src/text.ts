/** Text from outside: well-formed where it is kept, and without anything hidden where a person reads it. */

/**
 * What acts on a terminal, turns the direction of what follows, or cannot be seen: control and format characters, tags,
 * fillers. Tabs, line ends, and what joins and colours the parts of an emoji are not hidden. A code point that is only
 * reserved for an emoji (`\p{C}`) is hidden, so a joiner beside it is too.
 */
export const HIDDEN =
  /(?![\t\n\u200d\ufe0e\ufe0f])[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?<![\p{Extended_Pictographic}--\p{C}][\ufe0f\p{Emoji_Modifier}]?)\u200d|\u200d(?![\p{Extended_Pictographic}--\p{C}])/gv;

/** Pictures of control characters, from NUL on. */
const PICTURES = 0x2400;

/** The text with everything hidden as a picture of it or as U+FFFD; lines end in a newline, whatever ended them. */
export function visible(text: string): string {
  return text.replace(/\r\n|[\u2028\u2029\x85]/g, '\n').replace(HIDDEN, picture);
}

function picture(hidden: string): string {
  const code = hidden.charCodeAt(0);
  if (code === 0x7f) return '\u2421';
  return code < 0x20 ? String.fromCharCode(PICTURES + code) : '\ufffd';
}

/** JSON that says the same, and holds everything hidden as `\u` escapes: JSON itself leaves most of it raw. */
export function escapedJson(json: string): string {
  return json.replace(HIDDEN, escaped);
}

/** By code units, as JSON has it: two for what lies beyond U+FFFF. */
function escaped(hidden: string): string {
  const units = Array.from({ length: hidden.length }, (_unit, at) => hidden.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

/** The beginning of a text, never with half a letter at its end. */
export function headOf(text: string, charsMax: number): string {
  return text.slice(0, charsMax).replace(/[\ud800-\udbff]$/, '');
}

/** The same plain data with U+FFFD for every half of a surrogate pair, in names too; the same object if there is none. */
export function wellFormed<T>(value: T): T {
  if (isWellFormed(value)) return value;
  return JSON.parse(wellFormedJson(JSON.stringify(value)));
}

/** The same for JSON as `JSON.stringify` writes it, which has escapes for these halves alone. */
export function wellFormedJson(json: string): string {
  if (!json.includes('\\ud')) return json;
  // Every escape is taken, so that the second half of `\\` begins none.
  return json.replace(/\\(?:ud[89a-f][0-9a-f]{2}|.)/g, (taken) =>
    taken.length > 2 ? '\ufffd' : taken,
  );
}

/** Not by recursion: a tool's input may be nested deeper than the stack is. */
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
