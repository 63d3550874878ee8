import * as React from 'react';
import { CommandIDs as LauncherIDs } from '../launcher/commands';
import { Link } from '../link';
import { Button, Run } from './button';

/** Why there is nothing to show, and what to do about it. */
export function Absent({ link, run }: { link: Link | undefined; run: Run }): JSX.Element {
  return (
    <section className="fedlab-absent" aria-label="No hospitals">
      {link ? <OfKernel link={link} run={run} /> : <p>No notebook is open.</p>}
      <Button label="New fedlab notebook" onClick={() => run(LauncherIDs.newNotebook)} accent={!link} />
      {!link && (
        <Button label="New Python notebook with fedlab" onClick={() => run(LauncherIDs.newPythonNotebook)} />
      )}
    </section>
  );
}

function OfKernel({ link, run }: { link: Link; run: Run }): JSX.Element {
  const { context } = link;
  const kernel = context.session?.kernel;
  const status = context.kernelDisplayStatus;
  if (status === 'dead') {
    return (
      <>
        <p>The kernel of this notebook has died, and its hospitals with it.</p>
        <Button label="Restart the kernel" accent onClick={() => run('notebook:restart-kernel')} />
      </>
    );
  }
  if (STARTING.includes(status)) {
    return <p>The kernel is starting …</p>;
  }
  if (!kernel) {
    return (
      <>
        <p>This notebook has no kernel.</p>
        <Button label="Choose a kernel" accent onClick={() => run('notebook:change-kernel')} />
      </>
    );
  }
  return (
    <>
      <p>
        fedlab is not loaded in the kernel of this notebook, “{context.kernelDisplayName}”.
        <span className="fedlab-faint">
          {' '}
          The button runs <code>%load_ext fedlab_kernel</code> in it.
        </span>
      </p>
      <Button label="Load fedlab" accent onClick={() => run(LauncherIDs.load)} />
    </>
  );
}

const STARTING = ['starting', 'restarting', 'autorestarting', 'initializing', 'connecting'];
