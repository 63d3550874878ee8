/** A text in parts; every other of them stood between backticks and is code. A backtick that nothing closes is text. */
export function partsOf(text: string): string[] {
  return text.split(/`([^`]+)`/);
}
