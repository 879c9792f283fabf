import fc from 'fast-check';
import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import { TRANSCRIPT_TEXT_BYTES_MAX } from '../../src/limits.ts';
import { quotedMarkdown } from '../../src/views/quoted-markdown.ts';

/** What a reader sees, in the page that a program makes of the quote. */
function pageOf(text: string): string {
  return marked.parse(quotedMarkdown(text), { async: false });
}

/** The same without the tags. */
const wordsOf = (text: string) =>
  pageOf(text)
    .replace(/<[^>]*>/g, '')
    .replace(/\s+/g, ' ')
    .trim();

describe('Markdown of Claude', () => {
  test('is shown as it was meant', () => {
    const page = pageOf(
      [
        '# Plan\n\nFix *this* and **that**, not ~~those~~; run `npm test`.\n',
        '1. one\n2. two\n   - a\n   - b\n\n- [x] done\n- [ ] open\n',
        '| file | lines |\n|:--|--:|\n| `a\\|b.ts` | 1 |\n',
        '> quoted\n\n***\n\n```ts\nconst a = "<b>";\n```\n\nsee [docs](https://a.example/x?a=1&b=2 "t"), https://b.example/.',
      ].join('\n'),
    );
    for (const part of [
      '<h3>Plan</h3>',
      '<em>this</em> and <strong>that</strong>, not <del>those</del>; run <code>npm test</code>',
      '<ol>\n<li>one</li>\n<li>two<ul>\n<li>a</li>\n<li>b</li>',
      '<input checked="" disabled="" type="checkbox"> done',
      '<th align="left">file</th>',
      '<td align="left"><code>a|b.ts</code></td>\n<td align="right">1</td>',
      '<blockquote>\n<p>quoted</p>\n</blockquote>',
      '<hr>',
      '<code class="language-ts">const a = &quot;&lt;b&gt;&quot;;\n</code>',
      '<a href="https://a.example/x?a=1&amp;b=2">docs</a>',
      '<a href="https://b.example/">https://b.example/</a>',
    ]) {
      expect(page).toContain(part);
    }
  });

  test('reads well as it stands', () => {
    const text = 'The `foo_bar` of a_b_c is 3 * 4 - see src/a.ts:12 (a & b), 100%!\nNext line.';
    expect(quotedMarkdown(text)).toBe(`> ${text.replace('*', '\\*').replace('\n', '\n> ')}`);
  });

  test.each([
    ['# One\n===\n\nTwo\n---\n\n####### x', /<h[12]/],
    ['<img src=x onerror=alert(1)><script>x</script>\n\n<div>\n**a**\n</div>', /<(img|script|div)/],
    ['a <!-- hidden --> b\n\n<!--\nall of it', /<!--/],
    ['![](https://e.example/x.png) ![a][b]\n\n[b]: https://e.example/y.png', /<img/],
    ['[a](javascript:alert(1)) [b](JaVaScRiPt:x) <javascript:x> [c](data:text/html,x)', /href/],
    [
      '[a](file:///etc/passwd) [b](//e.example) [c](/x) [d](#y) [e](vbscript:x) ftp://e.example',
      /href/,
    ],
    ['[a](java&#115;cript:x) [b](java\tscript:x) [c][1]\n\n[1]: javascript:x', /href/],
    ['xmpp:a@e.example/x?y', /href="xmpp/],
  ])('brings nothing else: %j', (text, not) => {
    expect(pageOf(text)).not.toMatch(not);
  });

  test.each([
    ['a <!-- hidden --> b', '<!-- hidden -->'],
    ['<b>bold</b> &#8238; &amp;lt;', '<b>bold</b> \ufffd &lt;'],
    ['![a cat](https://e.example/x.png)', 'image: a cat'],
    ['[run](javascript:x)', 'run (javascript:x)'],
    ['[never used]: https://e.example/', '[never used]: '],
    ['a[^1]\n\n[^1]: the foot', 'the foot'],
    ['over\u202ethere\u0007', 'over\ufffdthere␇'],
  ])('hides nothing: %j', (text, words) => {
    const shown = wordsOf(text)
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&');
    expect(shown).toContain(words);
  });

  test('ends with its own end: a fence that it leaves open, a list, a definition', () => {
    for (const text of [
      '```\nopen',
      '- a\n  - b',
      '> a',
      '<div',
      '[x]: https://e.example',
      'a  ',
      '|a|\n|-|',
    ]) {
      const page = marked.parse(`${quotedMarkdown(text)}\n\n[x] ours`, { async: false });
      expect(page).toMatch(/<\/(blockquote)>\n<p>\[x\] ours<\/p>\n$/);
    }
  });

  test('that no person would write is shown as it is, and soon', () => {
    const fill = (part: string) => part.repeat(TRANSCRIPT_TEXT_BYTES_MAX / part.length);
    for (const part of [
      '> ',
      '1) ',
      '_a*',
      '!',
      '[',
      '<',
      '| a\n|-\n',
      '- - ',
      '&',
      '[a](<',
      '**a ',
      '((',
    ]) {
      const quoted = quotedMarkdown(fill(part));
      expect(Buffer.byteLength(quoted)).toBeLessThanOrEqual(1.5 * TRANSCRIPT_TEXT_BYTES_MAX);
      expect(wordsOf(fill(part)).length).toBeGreaterThan(1000);
    }
  });
});

const TAGS =
  /^<\/?(?:p|h[3-6]|strong|em|del|code|pre|ul|ol|li|blockquote|hr|br|table|thead|tbody|tr|t[hd]|a|input)\b/;

/** Whatever is in it, a page has only the elements of Markdown, links to the web, and our own headings. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '```',
        '````',
        '`',
        '~~~',
        '\n',
        '\n\n',
        '\r',
        '# Turn',
        '## ',
        '\n===',
        '\n---\n',
        '    ',
      ),
      fc.constantFrom(
        '<b>',
        '</blockquote>',
        '<!--',
        '-->',
        '<a href="x">',
        '<?',
        '<![CDATA[',
        '&lt;',
        '&#60;',
        '\\',
      ),
      fc.constantFrom(
        '[a]',
        '(javascript:x)',
        '![',
        '](',
        '[a]: ',
        'data:x',
        '<',
        '>',
        '> ',
        '- ',
        '1. ',
        '\t',
        '|',
        '|-|\n',
      ),
      fc.constantFrom(
        '*',
        '**',
        '_',
        '~~',
        'https://e.example/',
        'www.e.example',
        'a@e.example',
        'ftp://',
        '"',
        "'",
        '[ ] ',
      ),
      fc.string({ unit: 'grapheme', maxLength: 5 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

test('whatever Claude writes, a page of it has no elements but those of Markdown, and no heading of ours', () => {
  fc.assert(
    fc.property(hostile, hostile, (one, two) => {
      const ours = `# Ours\n\n${quotedMarkdown(one)}\n\n## Turn\n\n${quotedMarkdown(two)}\n\n[a] end`;
      const page = marked.parse(ours, { async: false });
      for (const [tag] of page.matchAll(/<[^>]*>?/g)) {
        if (!/^<\/?h[12]>$/.test(tag)) expect(tag).toMatch(TAGS);
        const [, target] = /\bhref="([^"]*)"/.exec(tag) ?? [];
        if (tag.startsWith('<a ')) expect(target).toMatch(/^(?:https?:\/\/|mailto:)/);
      }
      // The structure outside of the quotes is ours.
      const top = marked.lexer(ours).filter(({ type }) => type !== 'space');
      const kinds = top.map(({ type, raw }) => (type === 'heading' ? raw.trim() : type));
      const quote = expect.stringMatching(/^(?:blockquote|code)$/);
      expect(kinds).toEqual(['# Ours', quote, '## Turn', quote, 'paragraph']);
      expect(page.match(/<h[12]>/g)).toHaveLength(2);
      expect(page).toMatch(/<p>\[a\] end<\/p>\n$/);
    }),
    { numRuns: 2000 },
  );
});
