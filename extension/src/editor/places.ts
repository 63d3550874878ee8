import { Text } from '@codemirror/state';
import { Position, Range } from '../protocol';

/** The offset of a place; one that is outside is moved into the text, as the text may have changed since. */
function offsetOf(text: Text, place: Position): number {
  if (place.line >= text.lines) {
    return text.length;
  }
  const line = text.line(Math.max(place.line, 0) + 1);
  return Math.min(line.from + Math.max(place.character, 0), line.to);
}

/** The offsets of both ends of a range, in order. */
export function stretchOf(text: Text, range: Range): { from: number; to: number } {
  const from = offsetOf(text, range.start);
  return { from, to: Math.max(from, offsetOf(text, range.end)) };
}

/** The place of an offset. */
export function placeOf(text: Text, offset: number): Position {
  const line = text.lineAt(offset);
  return { line: line.number - 1, character: offset - line.from };
}
