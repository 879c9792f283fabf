/** What a page says, one statement at a time: the sentences of its text, the rows of its tables. */

const NOT_PROSE = /^(#|!\[|$)/;
/** A full stop, a mark or a colon of its own ends a sentence where the next one begins like one. */
const END = /(?<=[.!?][*)]*) (?=[A-Z`*\u201c[])/;

/** In the order of the page, headings, pictures, code and the heads of tables left out. */
export function statementsIn(page: string): string[] {
  const text = page.replace(/^```[\s\S]*?^```$/gm, '');
  return text.split(/\n\n+/).flatMap((block) => {
    const lines = block.split('\n').filter((line) => !NOT_PROSE.test(line));
    if (lines[0]?.startsWith('|')) return lines.slice(2);
    return itemsIn(lines).flatMap((item) => item.split(END));
  });
}

/** A paragraph is one item; a list has several. */
function itemsIn(lines: readonly string[]): string[] {
  const items: string[] = [];
  for (const line of lines) {
    if (line.startsWith('- ') || items.length === 0) items.push(line.replace(/^- /, ''));
    else items.push(`${items.pop()} ${line.trim()}`);
  }
  return items;
}
