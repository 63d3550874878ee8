import { lintGutter } from '@codemirror/lint';
import { Compartment, Extension } from '@codemirror/state';
import { EditorView, PluginValue, tooltips, ViewPlugin, ViewUpdate } from '@codemirror/view';
import { CodeEditor } from '@jupyterlab/codeeditor';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Links } from '../links';
import { Cell, isCode } from './cell';
import { checker, known } from './checker';
import { hover } from './hover';
import { findingKeys } from './keys';
import { straighten } from './lineEnds';
import { lineEndPrices } from './prices';
import { Settings } from './settings';
import { cornerTotal } from './total';

/** The editors of all code cells: those that hold a query have all that this folder makes, the others nothing. */
export class Cells {
  constructor(
    private readonly _links: Links,
    private readonly _settings: Settings,
    private readonly _rendermime: IRenderMimeRegistry
  ) {
    _settings.changed.connect(() => this._live.forEach(one => one.settled()));
  }

  /** What goes into an editor; null where it edits no code cell. */
  extension(model: CodeEditor.IModel): Extension | null {
    if (!isCode(model)) {
      return null;
    }
    straighten(model);
    const cell = new Cell(model, this._links);
    const compartment = new Compartment();
    const watcher = ViewPlugin.define(view => {
      const one = new Watcher(view, cell, compartment, () => this._forQueries(cell));
      this._live.add(one);
      one.ended = () => this._live.delete(one);
      return one;
    });
    return [compartment.of([]), watcher];
  }

  /** Check those cells again whose text may be judged otherwise now. */
  refresh(concerned: (cell: Cell) => boolean): void {
    this._live.forEach(one => {
      if (concerned(one.cell)) {
        one.view.dispatch({ effects: known.of(null) });
      }
    });
  }

  private _forQueries(cell: Cell): Extension {
    const { check, prices } = this._settings;
    return [
      check || prices ? checker(cell, this._settings) : [],
      check ? [lintGutter(), findingKeys] : [],
      prices ? [lineEndPrices, cornerTotal] : [],
      hover(cell, this._rendermime),
      // A cell clips what it contains.
      tooltips({ parent: document.body })
    ];
  }

  private _live = new Set<Watcher>();
}

/** Notices whether a cell is a query, as it may become one while one types or when the kernel changes. */
class Watcher implements PluginValue {
  constructor(
    readonly view: EditorView,
    readonly cell: Cell,
    private readonly _compartment: Compartment,
    private readonly _forQueries: () => Extension
  ) {
    this._look();
  }

  /** Called when the editor is gone. */
  ended: () => void = () => undefined;

  update(update: ViewUpdate): void {
    if (update.docChanged || update.transactions.some(one => one.effects.some(effect => effect.is(known)))) {
      this._look();
    }
  }

  destroy(): void {
    this._alive = false;
    this.ended();
  }

  /** The settings changed. */
  settled(): void {
    this._isQuery = false;
    this._look();
  }

  private _look(): void {
    const isQuery = this.cell.isQuery(this.view.state.doc);
    if (isQuery !== this._isQuery) {
      this._isQuery = isQuery;
      // An editor cannot be changed while it changes.
      queueMicrotask(() => this._dress());
    }
  }

  private _dress(): void {
    if (this._alive) {
      const extension = this._isQuery ? this._forQueries() : [];
      this.view.dispatch({ effects: this._compartment.reconfigure(extension) });
    }
  }

  private _alive = true;
  private _isQuery = false;
}
