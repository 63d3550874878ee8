import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { editor } from './editor';
import { launcher } from './launcher';
import { ILinks, Links } from './links';
import { hospitals } from './panel';

const links: JupyterFrontEndPlugin<Links> = {
  id: 'fedlab:links',
  description: 'Connects notebooks to the fedlab in their kernels.',
  autoStart: true,
  requires: [INotebookTracker],
  provides: ILinks,
  activate: (_app: JupyterFrontEnd, tracker: INotebookTracker) => new Links(tracker)
};

export default [links, editor, hospitals, launcher];
