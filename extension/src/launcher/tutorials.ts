import { JupyterFrontEnd } from '@jupyterlab/application';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { Contents } from '@jupyterlab/services';
import { Widget } from '@lumino/widgets';

/** The tutorials, in the order in which they build on each other. */
export const TUTORIALS = [
  {
    name: '00_quickstart',
    title: 'Quickstart',
    about: 'From nothing to a private answer and a stolen record'
  },
  { name: '01_first_question', title: 'First Question', about: 'Ask four hospitals, and read the answer' },
  { name: '02_table_one', title: 'Table One', about: 'Table 1, tests, a regression and survival curves' },
  { name: '03_train_together', title: 'Train Together', about: 'Train a model on patients that never leave' },
  { name: '04_steal_the_batch', title: 'Steal the Batch', about: 'See what an unprotected update gives away' }
];

const COPIES = 'fedlab-tutorials';

/** Open a tutorial: that of a checkout, or else a copy of one's own, which is made the first time. */
export async function openTutorial(app: JupyterFrontEnd, name: string): Promise<Widget | undefined> {
  const { contents } = app.serviceManager;
  const file = `${name}.ipynb`;
  let path = `notebooks/${file}`;
  if (!(await exists(contents, 'notebooks', file))) {
    path = `${COPIES}/${file}`;
    if (!(await exists(contents, COPIES, file))) {
      await copy(app, file, path);
    }
  }
  return app.commands.execute('docmanager:open', { path });
}

/** Whether a folder below the server's root has a file. Asked by listing: asking for what is not there is an error. */
async function exists(contents: Contents.IManager, folder: string, file: string): Promise<boolean> {
  return (await has(contents, '', folder, 'directory')) && (await has(contents, folder, file, 'notebook'));
}

async function has(
  contents: Contents.IManager,
  folder: string,
  name: string,
  type: Contents.ContentType
): Promise<boolean> {
  const listed: Contents.IModel[] = (await contents.get(folder)).content;
  return listed.some(one => one.name === name && one.type === type);
}

async function copy(app: JupyterFrontEnd, file: string, path: string): Promise<void> {
  const { contents } = app.serviceManager;
  const shipped = URLExt.join(PageConfig.getOption('fullLabextensionsUrl'), 'fedlab', 'notebooks', file);
  // As the browser fetched this program: from where JupyterLab's static files are, which need not be its server.
  const response = await fetch(shipped);
  if (!response.ok) {
    throw new Error(
      `The tutorial ${file} is not in this installation of fedlab (${response.status}). ` +
        'Install fedlab-kernel again, or open it from a copy of the repository.'
    );
  }
  const content = await response.json();
  if (!(await has(contents, '', COPIES, 'directory'))) {
    await contents.save(COPIES, { type: 'directory' });
  }
  await contents.save(path, { type: 'notebook', format: 'json', content });
}
