import { JupyterFrontEnd } from '@jupyterlab/application';
import { NotebookActions, NotebookPanel } from '@jupyterlab/notebook';
import { KernelSpec } from '@jupyterlab/services';

/** The fedlab kernel. */
export const KERNEL = 'fedlab';

/** Open a new notebook with a kernel, and run cells in it; an empty one comes after them. */
export async function newNotebook(
  app: JupyterFrontEnd,
  kernelName: string,
  cells: string[],
  cwd?: string
): Promise<NotebookPanel> {
  if (!specs(app)[kernelName]) {
    throw new Error(
      `JupyterLab knows no kernel "${kernelName}". Install fedlab-kernel in the environment that JupyterLab runs in, ` +
        'and start JupyterLab again.'
    );
  }
  const notebook: NotebookPanel = await app.commands.execute('notebook:create-new', { kernelName, cwd });
  if (cells.length > 0) {
    // Not awaited: the notebook is shown at once, and its cells run as soon as the kernel is there.
    void runFirst(notebook, cells);
  }
  return notebook;
}

/** Run a line in the kernel of a notebook: the cell that has it, or else a new one at the top. */
export async function loadIn(notebook: NotebookPanel, line: string): Promise<void> {
  const there = notebook.content.widgets.find(
    cell => cell.model.type === 'code' && cell.model.sharedModel.getSource().trim() === line
  );
  if (there) {
    await NotebookActions.runCells(notebook.content, [there], notebook.sessionContext);
  } else {
    await runFirst(notebook, [line]);
  }
}

/** The kernel for Python: the server's own choice, if that is one. */
export function pythonKernel(app: JupyterFrontEnd): string {
  const known = specs(app);
  const usual = app.serviceManager.kernelspecs.specs?.default ?? '';
  const python = Object.keys(known).filter(name => known[name]?.language === 'python' && name !== KERNEL);
  if (python.length === 0) {
    throw new Error(
      'JupyterLab knows no Python kernel. Install ipykernel in the environment that JupyterLab runs in.'
    );
  }
  return python.includes(usual) ? usual : python[0];
}

function specs(app: JupyterFrontEnd): Record<string, KernelSpec.ISpecModel | undefined> {
  return app.serviceManager.kernelspecs.specs?.kernelspecs ?? {};
}

async function runFirst(
  { context, content, sessionContext }: NotebookPanel,
  sources: string[]
): Promise<void> {
  await context.ready;
  await sessionContext.ready;
  // A kernel that has not answered yet can lose what it is sent.
  await sessionContext.session?.kernel?.info;
  const cells = sources.map(source => ({ cell_type: 'code' as const, source, metadata: { trusted: true } }));
  content.model?.sharedModel.insertCells(0, cells);
  await NotebookActions.runCells(content, content.widgets.slice(0, sources.length), sessionContext);
}
