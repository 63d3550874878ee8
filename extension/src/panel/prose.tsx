import * as React from 'react';
import { partsOf } from '../prose';

/** Text as it was written; what stands between backticks is shown as code. Never read as HTML. */
export function Prose({ text }: { text: string }): JSX.Element {
  return <>{partsOf(text).map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part))}</>;
}
