import { Extension } from '@codemirror/state';
import { EditorView, Panel, showPanel, ViewPlugin, ViewUpdate } from '@codemirror/view';
import { Total } from '../protocol';
import { Prices, pricesField } from './prices';

const PAUSE = 1500; // milliseconds without a change before a screen reader is told

/** The price of the cell at its bottom right corner, in a line of its own: it covers no text. */
export const cornerTotal: Extension = [
  showPanel.compute([pricesField], state => (state.field(pricesField) ? totalPanel : null)),
  ViewPlugin.define(view => new Announcer(view))
];

function totalPanel(view: EditorView): Panel {
  const dom = document.createElement('div');
  dom.className = 'fedlab-total';
  const show = (prices: Prices | null) => {
    dom.classList.toggle('fedlab-refused', !!prices?.total.refused);
    dom.textContent = prices ? wordsOf(prices.total) : '';
  };
  show(view.state.field(pricesField));
  return {
    dom,
    update(update) {
      const prices = update.state.field(pricesField, false) ?? null;
      if (prices !== update.startState.field(pricesField, false)) {
        show(prices);
      }
    }
  };
}

function wordsOf(total: Total): string {
  return total.refused ? `${total.text} · would be refused: ${total.refused}` : total.text;
}

/** Tells the total to screen readers when one pauses and it is another one. */
class Announcer {
  constructor(private readonly _view: EditorView) {}

  update(update: ViewUpdate): void {
    const prices = update.state.field(pricesField, false) ?? null;
    if (prices === (update.startState.field(pricesField, false) ?? null)) {
      return;
    }
    window.clearTimeout(this._timer);
    if (prices?.current && update.view.hasFocus) {
      const words = wordsOf(prices.total);
      this._timer = window.setTimeout(() => this._tell(words), PAUSE);
    }
  }

  destroy(): void {
    window.clearTimeout(this._timer);
  }

  private _tell(words: string): void {
    if (words !== this._told) {
      this._told = words;
      this._view.dispatch({ effects: EditorView.announce.of(words) });
    }
  }

  private _timer = 0;
  private _told = '';
}
