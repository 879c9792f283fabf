import { countTokens } from 'gpt-tokenizer';
import { expect, test } from 'vitest';
import { weightOf } from '../../src/views/weight.ts';
import { page } from '../docs/markdown.ts';

const LENGTH = 20_000;

/** Text of random characters out of these, always the same. */
function made(letters: string, length = LENGTH): string {
  const all = [...letters];
  let state = 1;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return all[state % all.length] ?? '';
  };
  return Array.from({ length }, next).join('');
}

const range = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => String.fromCodePoint(from + at)).join('');

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const HEX = '0123456789abcdef';

test.each([
  ['hex', made(HEX)],
  ['base64', made(`${LOWER}${LOWER.toUpperCase()}0123456789+/`)],
  ['a dump', made(HEX).replace(/../g, '$& ')],
  ['digits', made('0123456789')],
  ['capital letters', made(LOWER.toUpperCase())],
  ['small letters', made(LOWER)],
  ['bases of DNA', made('acgt')],
  ['vowels and common consonants', made('etaoinsrhldcum')],
  ['long random words', made(LOWER).replace(/.{10}/g, '$& ')],
  ['base32', made(`${LOWER}234567`)],
  ['random words', made(LOWER).replace(/.{6}/g, '$& ')],
  ['punctuation', made('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~')],
  ['control characters', made(range(0, 32))],
  ['line ends', '\n'.repeat(LENGTH)],
  ['colors of a terminal', '\u001b[31mred\u001b[0m '.repeat(1000)],
  ['Chinese', '我们需要一个能够在多个会话之间共享状态的服务器。'.repeat(400)],
  ['rare Chinese', made(range(0x4e00, 0x9fff))],
  ['Korean', made(range(0xac00, 0xd7a3))],
  ['Russian', 'Это обычный русский текст, в котором говорится о сервере. '.repeat(200)],
  ['emoji', made(range(0x1f300, 0x1faff), LENGTH / 2)],
  ['private characters', made(range(0xe000, 0xf8ff))],
])('%s weighs about as much as a public tokenizer says, or more', (_kind, text) => {
  const json = JSON.stringify(text);
  expect(weightOf(json)).toBeGreaterThan(0.95 * countTokens(json));
});

/** Nobody uses these words in English, so they have more tokens; the bound on a reply leaves a fifth for that. */
test.each([
  'Omnes homines liberi aequique dignitate atque iuribus nascuntur, ratione conscientiaque praediti sunt. ',
  'Kaikki ihmiset syntyvat vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. ',
  'Butun insanlar hur, haysiyet ve haklar bakimindan esit dogarlar. ',
  'Semua manusia dilahirkan bebas dan sama rata dari segi kemuliaan dan hak-hak. ',
])('other languages weigh at least four fifths: %s', (sentence) => {
  const json = JSON.stringify(sentence.repeat(100));
  expect(weightOf(json)).toBeGreaterThan(0.8 * countTokens(json));
});

test('prose weighs hardly more', () => {
  const json = JSON.stringify(page('docs/operating.md'));
  expect(weightOf(json)).toBeLessThan(1.25 * countTokens(json));
});
