import { CodeEditor } from '@jupyterlab/codeeditor';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';
import { ISignal, Signal } from '@lumino/signaling';
import { Link } from './link';

/** The notebooks' links to their kernels, for the other plugins. */
export const ILinks = new Token<Links>('fedlab:ILinks', 'What each notebook knows of its hospitals.');

/** The links of all open notebooks. */
export class Links {
  constructor(private readonly _tracker: INotebookTracker) {
    _tracker.widgetAdded.connect((_, notebook) => this._adopt(notebook));
    _tracker.forEach(notebook => this._adopt(notebook));
    _tracker.currentChanged.connect(() => this._changed.emit(this.current));
  }

  /** That of the notebook in front; undefined where there is none. */
  get current(): Link | undefined {
    const notebook = this._tracker.currentWidget;
    return notebook ? this._links.get(notebook) : undefined;
  }

  /** Some status changed, or another notebook came to the front; with the link that it is about. */
  get changed(): ISignal<this, Link | undefined> {
    return this._changed;
  }

  /** That of the notebook in which a cell is edited. Looked up late: an editor is made before its notebook is ready. */
  of(model: CodeEditor.IModel): Link | undefined {
    const notebook = this._tracker.find(one => one.content.widgets.some(cell => cell.model === model));
    return notebook ? this._links.get(notebook) : undefined;
  }

  private _adopt(notebook: NotebookPanel): void {
    const link = new Link(notebook.sessionContext);
    this._links.set(notebook, link);
    link.changed.connect(() => this._changed.emit(link));
    // The tracker may have said that it is in front before it was known here.
    this._changed.emit(link);
    notebook.disposed.connect(() => {
      link.dispose();
      this._changed.emit(this.current);
    });
  }

  private _links = new WeakMap<NotebookPanel, Link>();
  private _changed = new Signal<this, Link | undefined>(this);
}
