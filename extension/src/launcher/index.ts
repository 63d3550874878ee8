import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { addCommands, CommandIDs } from './commands';
import { TUTORIALS } from './tutorials';

const category = 'fedlab';

/** Cards and commands that open notebooks. */
export const launcher: JupyterFrontEndPlugin<void> = {
  id: 'fedlab:launcher',
  description: 'Opens fedlab notebooks, tutorials and the leakage lab.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ICommandPalette, ILauncher],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    cards: ILauncher | null
  ) => {
    addCommands(app, tracker);
    const tutorials = TUTORIALS.map(({ name }) => ({ command: CommandIDs.tutorial, args: { name } }));
    const shown = [
      { command: CommandIDs.newNotebook, args: {} },
      ...tutorials,
      { command: CommandIDs.leakageLab, args: {} }
    ];
    const others = [CommandIDs.newPythonNotebook, CommandIDs.load].map(command => ({ command, args: {} }));
    shown.forEach((card, rank) => cards?.add({ ...card, category, rank }));
    [...shown, ...others].forEach(({ command, args }) =>
      palette?.addItem({ command, category, args: { ...args, isPalette: true } })
    );
  }
};
