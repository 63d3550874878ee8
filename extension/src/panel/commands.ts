import { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import { hospitalIcon } from '../icons';
import { Link } from '../link';
import { Links } from '../links';
import { Asked, Status } from '../protocol';
import { chooseStart } from './start';

/** What can be done with the hospitals of the notebook in front. */
export namespace CommandIDs {
  export const show = 'fedlab:show-hospitals';
  export const start = 'fedlab:start-demonstration';
  export const stop = 'fedlab:stop-hospitals';
  export const restart = 'fedlab:restart-hospital';
  export const interrupt = 'fedlab:interrupt-query';
  export const verify = 'fedlab:verify-logs';
}

/** Those that make sense in the palette. */
export const IN_PALETTE = [
  CommandIDs.show,
  CommandIDs.start,
  CommandIDs.stop,
  CommandIDs.interrupt,
  CommandIDs.verify
];

/** Add the commands; all but `show` are about the notebook in front. */
export function addCommands(app: JupyterFrontEnd, links: Links, show: () => void): void {
  const { commands } = app;
  const status = () => links.current?.status ?? null;
  const running = () => (status()?.hospitals.length ?? 0) > 0;
  const free = () => status() !== null && !status()?.busy;

  commands.addCommand(CommandIDs.show, {
    label: 'Show Hospitals',
    caption: 'Show the hospitals of the notebook in front',
    icon: hospitalIcon,
    execute: show
  });
  commands.addCommand(CommandIDs.start, {
    label: 'Start Demonstration Hospitals…',
    caption: 'Start hospitals on this computer with data that come with fedlab',
    isEnabled: free,
    execute: () => {
      show();
      return about(links, startChosen);
    }
  });
  commands.addCommand(CommandIDs.stop, {
    label: 'Stop Hospitals',
    caption: 'Stop the hospitals of this notebook; their ledgers and logs stay',
    isEnabled: () => free() && running(),
    execute: () => about(links, stopConfirmed)
  });
  commands.addCommand(CommandIDs.restart, {
    label: 'Restart Hospital',
    caption: 'Start the process of a hospital again',
    isEnabled: () => free() && running(),
    execute: args => about(links, link => tell(link, 'restart', { hospital: String(args.hospital) }))
  });
  commands.addCommand(CommandIDs.interrupt, {
    label: 'Interrupt Query',
    caption: 'End the running query, at the hospitals too',
    isEnabled: () => !!status()?.running && !status()?.running?.cancelling,
    execute: () => about(links, link => tell(link, 'cancel', {}))
  });
  commands.addCommand(CommandIDs.verify, {
    label: 'Verify Logs of Hospitals',
    caption: 'Verify that every log still contains all that was seen before',
    isEnabled: () => free() && running(),
    execute: () => about(links, link => tell(link, 'verify', {}))
  });

  const possible = () => Object.values(CommandIDs).filter(id => commands.isEnabled(id));
  let before = possible().join();
  links.changed.connect(() => {
    const now = possible().join();
    // Statuses come many times a second, and an open palette forgets at each notice what was chosen in it.
    if (now !== before) {
      before = now;
      Object.values(CommandIDs).forEach(id => commands.notifyCommandChanged(id));
    }
  });
}

async function startChosen(link: Link, status: Status): Promise<void> {
  const start = await chooseStart(status);
  if (start) {
    await tell(link, 'start', { ...start });
  }
}

async function stopConfirmed(link: Link, status: Status): Promise<void> {
  if (status.running) {
    const answer = await showDialog({
      title: 'Stop the hospitals?',
      body: 'A query is running. It is ended first; what it has reserved of the budgets stays reserved.',
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: 'Stop' })],
      defaultButton: 0
    });
    if (!answer.button.accept) {
      return;
    }
  }
  await tell(link, 'stop', {});
}

/** Do something about the hospitals of the notebook in front, whatever comes to the front meanwhile. */
async function about(links: Links, act: (link: Link, status: Status) => Promise<void>): Promise<void> {
  const link = links.current;
  if (link?.status) {
    await act(link, link.status);
  }
}

async function tell<K extends keyof Asked>(link: Link, what: K, given: Asked[K]['with']): Promise<void> {
  try {
    await link.tell(what, given);
  } catch (reason) {
    await showErrorMessage('fedlab', (reason as Error).message);
  }
}
