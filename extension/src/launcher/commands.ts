import { JupyterFrontEnd } from '@jupyterlab/application';
import { showErrorMessage } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { hospitalIcon, leakIcon, tutorialIcon } from '../icons';
import { KERNEL, loadIn, newNotebook, pythonKernel } from './notebooks';
import { openTutorial, TUTORIALS } from './tutorials';

/** What opens notebooks. */
export namespace CommandIDs {
  export const newNotebook = 'fedlab:new-notebook';
  export const newPythonNotebook = 'fedlab:new-python-notebook';
  export const load = 'fedlab:load';
  export const tutorial = 'fedlab:open-tutorial';
  export const leakageLab = 'fedlab:open-leakage-lab';
}

const LOAD = '%load_ext fedlab_kernel';

/** Add the commands; those that open a notebook return it, so that it takes the launcher's place. */
export function addCommands(app: JupyterFrontEnd, tracker: INotebookTracker): void {
  const { commands } = app;
  // The launcher says in which folder; elsewhere JupyterLab knows best.
  const folder = (cwd: unknown) => (typeof cwd === 'string' ? cwd : undefined);

  commands.addCommand(CommandIDs.newNotebook, {
    label: args => (args.isPalette ? 'New fedlab Notebook' : 'fedlab Notebook'),
    caption: 'A new notebook in which every cell is a query to hospitals',
    icon: args => (args.isPalette ? undefined : hospitalIcon),
    execute: args => said(() => newNotebook(app, KERNEL, [], folder(args.cwd)))
  });
  commands.addCommand(CommandIDs.newPythonNotebook, {
    label: 'New Python Notebook with fedlab',
    caption: 'A new Python notebook in which %%fedquery cells ask hospitals',
    execute: args => said(async () => newNotebook(app, pythonKernel(app), [LOAD], folder(args.cwd)))
  });
  commands.addCommand(CommandIDs.load, {
    label: 'Load fedlab in This Notebook',
    caption: `Run ${LOAD} in the kernel of the notebook in front`,
    isEnabled: () => tracker.currentWidget !== null,
    execute: () => tracker.currentWidget && loadIn(tracker.currentWidget, LOAD)
  });
  commands.addCommand(CommandIDs.tutorial, {
    label: args => {
      const title = TUTORIALS.find(one => one.name === args.name)?.title ?? '';
      return args.isPalette ? `Open Tutorial: ${title}` : title;
    },
    caption: args => TUTORIALS.find(one => one.name === args.name)?.about ?? 'Open a tutorial',
    icon: args => (args.isPalette ? undefined : tutorialIcon),
    execute: args => said(() => openTutorial(app, String(args.name)))
  });
  commands.addCommand(CommandIDs.leakageLab, {
    label: args => (args.isPalette ? 'Open Leakage Lab' : 'Leakage Lab'),
    caption: 'See what the unprotected update of a hospital gives away',
    icon: args => (args.isPalette ? undefined : leakIcon),
    execute: args =>
      said(async () => newNotebook(app, pythonKernel(app), [LOAD, '%fedleak'], folder(args.cwd)))
  });
  tracker.currentChanged.connect(() => commands.notifyCommandChanged(CommandIDs.load));
}

/** The result; where there is none, a dialog that says why, and the launcher stays. */
async function said<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (reason) {
    await showErrorMessage('fedlab', reason as Error);
    return undefined;
  }
}
