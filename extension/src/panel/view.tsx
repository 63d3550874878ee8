import * as React from 'react';
import { Link } from '../link';
import { Links } from '../links';
import { Status } from '../protocol';
import { Absent } from './absent';
import { announcement } from './announcements';
import { Button, Run } from './button';
import { CommandIDs } from './commands';
import { HospitalCard } from './hospital';
import { Prose } from './prose';
import { Refusals } from './refusals';
import { RunningQuery } from './running';

/** The hospitals of the notebook in front, and what goes on there. */
export function View({ links, run }: { links: Links; run: Run }): JSX.Element {
  const link = useCurrent(links);
  const status = link?.status ?? null;
  const said = useAnnouncement(link, status);
  return (
    <div className="fedlab-view" data-busy={!!status?.busy}>
      <header className="fedlab-row">
        <h2>Hospitals</h2>
        {link && <span className="fedlab-faint">{link.context.name}</span>}
      </header>
      {status ? <Federation status={status} run={run} /> : <Absent link={link} run={run} />}
      <div className="fedlab-announcement" role="status" aria-live="polite">
        {said}
      </div>
    </div>
  );
}

function Federation({ status, run }: { status: Status; run: Run }): JSX.Element {
  const { hospitals, busy, problem, own, running, refusals, differences } = status;
  return (
    <>
      <Controls status={status} run={run} />
      {busy && (
        <p className="fedlab-busy">
          <progress aria-label={busy} /> {busy}
        </p>
      )}
      {problem && (
        <p className="fedlab-problem">
          <Prose text={problem} />
        </p>
      )}
      {running && <RunningQuery running={running} run={run} />}
      {hospitals.length > 0 ? (
        <section aria-label="Hospitals">
          {!own && (
            <p className="fedlab-own">Another notebook started these hospitals; this one asks them too.</p>
          )}
          <ul className="fedlab-hospitals">
            {hospitals.map(one => (
              <HospitalCard key={one.name} hospital={one} busy={!!busy} run={run} />
            ))}
          </ul>
        </section>
      ) : (
        !busy && <p>No hospitals are running.</p>
      )}
      {differences.length > 0 && <Differences differences={differences} />}
      {refusals.length > 0 && <Refusals refusals={refusals} />}
    </>
  );
}

function Differences({ differences }: { differences: string[] }): JSX.Element {
  return (
    <details className="fedlab-differences">
      <summary>
        {differences.length === 1 ? 'A difference' : `${differences.length} differences`} between the
        hospitals’ tables
      </summary>
      <ul>
        {differences.map(one => (
          <li key={one}>
            <Prose text={one} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function Controls({ status, run }: { status: Status; run: Run }): JSX.Element {
  const { busy, hospitals, own } = status;
  const some = hospitals.length > 0;
  return (
    <div className="fedlab-controls" role="group" aria-label="All hospitals">
      {some && <Button label="Verify logs" disabled={!!busy} onClick={() => run(CommandIDs.verify)} />}
      <Button
        label={some ? 'Start …' : 'Start demonstration …'}
        describe={some ? 'Start another demonstration' : 'Start demonstration'}
        disabled={!!busy}
        accent={!some}
        onClick={() => run(CommandIDs.start)}
      />
      {some && (
        <Button
          label={own ? 'Stop' : 'Leave'}
          describe={own ? 'Stop the hospitals' : 'Leave the hospitals to the other notebook'}
          disabled={!!busy}
          onClick={() => run(CommandIDs.stop)}
        />
      )}
    </div>
  );
}

/** The link of the notebook in front; renders again when anything that is shown of it may have changed. */
function useCurrent(links: Links): Link | undefined {
  const [, again] = React.useReducer((count: number) => count + 1, 0);
  const link = links.current;
  React.useEffect(() => {
    const look = () => again();
    const context = link?.context;
    const signals = [context?.kernelChanged, context?.statusChanged, context?.propertyChanged];
    links.changed.connect(look);
    signals.forEach(signal => signal?.connect(look));
    return () => {
      links.changed.disconnect(look);
      signals.forEach(signal => signal?.disconnect(look));
    };
  }, [links, link]);
  return link;
}

/** What is to be said of the last change, while the same notebook is in front. */
function useAnnouncement(link: Link | undefined, status: Status | null): string {
  const [said, say] = React.useState('');
  const before = React.useRef({ link, status });
  React.useEffect(() => {
    const last = before.current;
    before.current = { link, status };
    if (last.link !== link) {
      say('');
    } else if (last.status && status) {
      const told = announcement(last.status, status);
      if (told) {
        say(told);
      }
    }
  }, [link, status]);
  return said;
}
