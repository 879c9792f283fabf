/** Events as `tail` shows them: when, who or what, and in a few lines what it says. */

import { TRANSCRIPT_TEXT_BYTES_MAX } from '../limits.ts';
import type { SessionEvent } from '../session/event.ts';
import { cutBytes, oneLine } from '../text.ts';
import { clockTime, localTime } from './figures.ts';
import {
  besideHead,
  COLUMN_GAP,
  firstLines,
  type Screen,
  screenLines,
  styled,
  wrap,
} from './screen.ts';
import { bodyText, noteText, tellingOf } from './telling.ts';

const EVENT_WIDTH = 'cancelled'.length;
const MARGIN = 'hh:mm:ss'.length + EVENT_WIDTH + 2 * COLUMN_GAP.length;

/**
 * At a terminal, as many lines as it takes; otherwise one line: time, word and text, separated by tabs. Empty if the
 * event has nothing to show.
 *
 * @param directory the session's: paths below it are shown relative to it
 */
export function eventLines(screen: Screen, event: SessionEvent, directory: string): string {
  const telling = tellingOf(event, directory);
  // The start of a turn says nothing new after its prompt.
  const isKnown = event.type === 'turn_started' && event.turn.origin === 'prompt';
  if (telling === undefined || isKnown) return '';
  const { word, style, linesMax, notes = [] } = telling;
  const text = cutBytes(bodyText(telling), TRANSCRIPT_TEXT_BYTES_MAX);
  const tail = notes.map(noteText);
  if (screen.columns === undefined) {
    return `${localTime(event.at)}\t${word}\t${oneLine([text, ...tail].join('\n'))}\n`;
  }
  const width = screen.columns - MARGIN;
  const shown = [...firstLines(screenLines(text), linesMax), ...tail.flatMap(screenLines)];
  const lines = shown
    .flatMap((line) => wrap(line, width))
    .map((line) => (style === 'dim' ? styled(screen, 'dim', line) : line));
  const time = styled(screen, 'dim', clockTime(event.at));
  const head = [time, styled(screen, style, word.padEnd(EVENT_WIDTH)), ''].join(COLUMN_GAP);
  return besideHead(head, MARGIN, lines);
}
