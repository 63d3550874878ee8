import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILinks, Links } from '../links';
import { addCommands, IN_PALETTE } from './commands';
import { HospitalsPanel } from './widget';

/** The side panel "Hospitals", and the commands for what it shows. */
export const hospitals: JupyterFrontEndPlugin<void> = {
  id: 'fedlab:hospitals',
  description: 'A side panel with the hospitals of the notebook in front.',
  autoStart: true,
  requires: [ILinks],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    links: Links,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const panel = new HospitalsPanel(links, (id, args) => void app.commands.execute(id, args));
    addCommands(app, links, () => app.shell.activateById(panel.id));
    app.shell.add(panel, 'right', { rank: 150, type: 'Hospitals' });
    restorer?.add(panel, panel.id);
    IN_PALETTE.forEach(command => palette?.addItem({ command, category: 'fedlab' }));
  }
};
