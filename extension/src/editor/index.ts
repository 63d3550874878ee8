import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { CodeMirrorEditor, EditorExtensionRegistry, IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { ICompletionProviderManager } from '@jupyterlab/completer';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { Command } from '@codemirror/view';
import { ILinks, Links } from '../links';
import { Cells } from './cells';
import { QueryCompletions } from './completion';
import { CompletionRenderer } from './completionRenderer';
import { applyFix, nextFinding } from './keys';
import { followNews } from './news';
import { Settings } from './settings';
import { stepAside } from './stepAside';

/** Shows, fixes, prices, completes and explains queries in the cells of all notebooks. */
export const editor: JupyterFrontEndPlugin<void> = {
  id: 'fedlab:editor',
  description: 'Checks and prices queries while they are typed.',
  autoStart: true,
  requires: [ILinks, IEditorExtensionRegistry, INotebookTracker, IRenderMimeRegistry],
  optional: [ICompletionProviderManager, ISettingRegistry, ICommandPalette],
  activate
};

function activate(
  app: JupyterFrontEnd,
  links: Links,
  extensions: IEditorExtensionRegistry,
  tracker: INotebookTracker,
  rendermime: IRenderMimeRegistry,
  completions: ICompletionProviderManager | null,
  stored: ISettingRegistry | null,
  palette: ICommandPalette | null
): void {
  const settings = new Settings();
  stored?.load(editor.id).then(
    found => settings.follow(found),
    problem => console.warn('The settings of fedlab could not be read.', problem)
  );

  const cells = new Cells(links, settings, rendermime);
  extensions.addExtension({
    name: editor.id,
    factory: ({ model }) => {
      const extension = cells.extension(model);
      return extension && EditorExtensionRegistry.createImmutableExtension(extension);
    }
  });
  followNews(cells, links);

  if (completions) {
    const queries = new QueryCompletions(links, new CompletionRenderer(rendermime));
    completions.registerProvider(queries);
    void app.restored.then(() => stepAside(completions, queries));
  }

  addCommands(app, tracker, palette);
}

function addCommands(
  { commands }: JupyterFrontEnd,
  tracker: INotebookTracker,
  palette: ICommandPalette | null
): void {
  const add = (command: string, label: string, run: Command) => {
    commands.addCommand(command, {
      label,
      describedBy: { args: { type: 'object', properties: {} } },
      isEnabled: () => tracker.activeCell?.editor instanceof CodeMirrorEditor,
      execute: () => {
        const current = tracker.activeCell?.editor;
        if (current instanceof CodeMirrorEditor) {
          current.focus();
          run(current.editor);
        }
      }
    });
    palette?.addItem({ command, category: 'fedlab' });
  };
  add('fedlab:apply-fix', 'fedlab: Apply the Fix at the Cursor', applyFix);
  add('fedlab:next-finding', 'fedlab: Go to the Next Finding', nextFinding);
}
