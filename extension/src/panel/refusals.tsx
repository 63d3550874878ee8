import * as React from 'react';
import { Refusal } from '../protocol';
import { Prose } from './prose';
import { clock } from './time';

const SHOWN = 3; // the others are folded

/** What was refused last, with what to change. */
export function Refusals({ refusals }: { refusals: Refusal[] }): JSX.Element {
  const earlier = refusals.slice(SHOWN);
  return (
    <section className="fedlab-refusals" aria-label="Last refusals">
      <h3>Last refusals</h3>
      <List refusals={refusals.slice(0, SHOWN)} />
      {earlier.length > 0 && (
        <details>
          <summary>{earlier.length} earlier</summary>
          <List refusals={earlier} />
        </details>
      )}
    </section>
  );
}

function List({ refusals }: { refusals: Refusal[] }): JSX.Element {
  return (
    <ul>
      {refusals.map((refusal, index) => (
        <li key={`${refusal.at} ${index}`} data-code={refusal.code}>
          <div className="fedlab-row">
            <code className="fedlab-code">{refusal.code}</code>
            <span className="fedlab-faint">{clock(refusal.at)}</span>
          </div>
          <p>
            <Prose text={refusal.message} />
          </p>
          {refusal.fix && (
            <p className="fedlab-fix">
              <span className="fedlab-faint">fix:</span> <Prose text={refusal.fix} />
            </p>
          )}
        </li>
      ))}
    </ul>
  );
}
