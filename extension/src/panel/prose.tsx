import * as React from 'react';

/** Text as it was written; what stands between backticks is shown as code. Never read as HTML. */
export function Prose({ text }: { text: string }): JSX.Element {
  const parts = text.split('`');
  // A backtick that nothing closes stands for itself.
  const closed = parts.length % 2 === 1 ? parts : [...parts.slice(0, -2), parts.slice(-2).join('`')];
  return <>{closed.map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part))}</>;
}
