/** A terminal as SVG: each line a text, coloured by what it is. */

const COLUMNS = 104;
const CHAR = { width: 7.83, height: 18, font: 13 };
const MARGIN = { x: 20, top: 54, bottom: 20 };
const COLOURS = {
  back: '#16181d',
  bar: '#23262e',
  plain: '#d7dae0',
  dim: '#858b98',
  step: '#7dcfff',
  claude: '#e0af68',
  good: '#9ece6a',
} as const;

type Colour = keyof typeof COLOURS;
type Span = { readonly text: string; readonly colour: Colour; readonly bold?: true };

/** The screen under the command that was typed. */
export function terminalSvg(command: string, screen: string): string {
  const lines = [`$ ${command}`, ...screen.split('\n')].map(cut);
  const width = Math.round(COLUMNS * CHAR.width + 2 * MARGIN.x);
  const height = MARGIN.top + lines.length * CHAR.height + MARGIN.bottom;
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, at) => `<circle cx="${22 + at * 20}" cy="18" r="6" fill="${fill}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A terminal in which ${command} runs">
<rect width="${width}" height="${height}" rx="10" fill="${COLOURS.back}"/>
<path d="M0 10a10 10 0 0 1 10-10h${width - 20}a10 10 0 0 1 10 10v26H0z" fill="${COLOURS.bar}"/>
${dots.join('')}
<g font-family="ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${CHAR.font}" xml:space="preserve">
${lines
  .map(textAt)
  .filter((line) => line !== '')
  .join('\n')}
</g>
</svg>
`;
}

function textAt(line: string, at: number): string {
  const y = MARGIN.top + CHAR.height * at + 6;
  const spans = spansOf(line).filter(({ text }) => text !== '');
  if (spans.length === 0) return '';
  return `<text x="${MARGIN.x}" y="${y}">${spans.map(spanSvg).join('')}</text>`;
}

function spanSvg({ text, colour, bold }: Span): string {
  const weight = bold ? ' font-weight="bold"' : '';
  return `<tspan fill="${COLOURS[colour]}"${weight}>${escaped(text)}</tspan>`;
}

function spansOf(line: string): Span[] {
  const [, prompt, command] = /^(\$ )(.*)$/.exec(line) ?? [];
  if (prompt !== undefined && command !== undefined) {
    return [span(prompt, 'good'), { text: command, colour: 'plain', bold: true }];
  }
  const [, tool, about] = /^(▸ \w+)(.*)$/.exec(line) ?? [];
  if (tool !== undefined && about !== undefined) {
    return [{ text: tool, colour: 'step', bold: true }, span(about, 'plain')];
  }
  if (line.startsWith('  Claude: '))
    return [span('  Claude: ', 'claude'), span(line.slice(10), 'plain')];
  if (/^ {2}uses \w/.test(line)) return [span(line, 'dim')];
  if (/^ {4}/.test(line)) return [span(line, 'dim')];
  if (/none of its processes is left|Every step worked/.test(line)) return [span(line, 'good')];
  return [span(line, 'plain')];
}

function span(text: string, colour: Colour): Span {
  return { text, colour };
}

function cut(line: string): string {
  return line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
