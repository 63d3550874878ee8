import * as React from 'react';
import { Running } from '../protocol';
import { rounded } from './budget';
import { Button, Run } from './button';
import { CommandIDs } from './commands';
import { duration, useNow } from './time';

/** The query that is under way: since when, how far, what came in, and a button that ends it. */
export function RunningQuery({ running, run }: { running: Running; run: Run }): JSX.Element {
  const { title, since, lines, round, cancelling, background } = running;
  const now = useNow();
  return (
    <section className="fedlab-running" aria-label="Running query">
      <div className="fedlab-row">
        <h3>{background ? 'Running in the background' : 'Running'}</h3>
        <span className="fedlab-elapsed" role="timer" aria-label="Elapsed time">
          {duration(now - since)}
        </span>
      </div>
      <code className="fedlab-title" title={title}>
        {title || 'a query'}
      </code>
      {round && <Rounds round={round} />}
      {lines.length > 0 && <Lines lines={lines} />}
      <Button
        label={cancelling ? 'Interrupting …' : 'Interrupt'}
        disabled={cancelling}
        onClick={() => run(CommandIDs.interrupt)}
      />
    </section>
  );
}

function Rounds({ round }: { round: NonNullable<Running['round']> }): JSX.Element {
  const { name, number, rounds, epsilon, price } = round;
  const where = `${name ? `${name}, ` : ''}round ${number} of ${rounds}`;
  return (
    <div className="fedlab-rounds">
      <progress max={rounds} value={number} aria-label={where} />
      <span>
        {where}; ε {rounded(epsilon)} of {rounded(price)}
      </span>
    </div>
  );
}

function Lines({ lines }: { lines: string[] }): JSX.Element {
  const list = React.useRef<HTMLOListElement>(null);
  const last = lines[lines.length - 1];
  React.useEffect(() => {
    list.current?.scrollTo(0, list.current.scrollHeight); // the last line is the one to see
  }, [lines.length, last]);
  return (
    <ol className="fedlab-lines" aria-label="Progress" tabIndex={0} ref={list}>
      {lines.map((line, index) => (
        <li key={index}>{line}</li>
      ))}
    </ol>
  );
}
