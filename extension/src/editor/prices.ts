import { ChangeDesc, Extension, MapMode, StateEffect, StateField, Text } from '@codemirror/state';
import { Decoration, DecorationSet, EditorView, WidgetType } from '@codemirror/view';
import { Diagnostics, Priced, Total } from '../protocol';
import { stretchOf } from './places';

interface Line {
  from: number; // of the call
  to: number;
  text: string;
  free: boolean;
}

const NO_ATTRIBUTES: Record<string, string> = {};

/** What a cell costs. */
export interface Prices {
  lines: Line[];
  total: Total;
  current: boolean; // whether they are those of the text as it stands
}

/** Prices came; null where the kernel knows none. */
export const setPrices = StateEffect.define<Prices | null>();

/** The last prices that were known, moved along with the text. */
export const pricesField = StateField.define<Prices | null>({
  create: () => null,
  update(prices, transaction) {
    if (prices && transaction.docChanged) {
      prices = { ...prices, lines: moved(prices.lines, transaction.changes), current: false };
    }
    for (const effect of transaction.effects) {
      if (effect.is(setPrices)) {
        prices = effect.value;
      }
    }
    return prices;
  }
});

/**
 * What to show once a text was checked. A half-written statement has no price: what was known before stays, out of
 * date, so that lines do not jump while one types; but not when all releases that it was the price of are gone.
 */
export function pricesAfter(known: Prices | null, text: Text, answer: Diagnostics): Prices | null {
  if (answer.total) {
    const nothing = !answer.releases.length && !answer.total.refused && !known;
    const lines = answer.releases.map(release => lineOf(text, release));
    return nothing ? null : { lines, total: answer.total, current: true };
  }
  const unfinished = answer.findings.some(finding => finding.severity === 'error');
  const remains = known && (known.lines.length > 0 || !known.total.epsilon);
  return remains && unfinished ? { ...known, current: false } : null;
}

/** The price of each release at the end of its line. */
export const lineEndPrices: Extension = [
  pricesField,
  EditorView.decorations.compute([pricesField, 'doc'], state => {
    const prices = state.field(pricesField);
    return prices ? decorations(state.doc, prices.lines) : Decoration.none;
  }),
  // On the editor, so that the prices themselves are not made anew at every key.
  EditorView.editorAttributes.compute([pricesField], state => {
    const known = state.field(pricesField);
    return known && !known.current ? { class: 'fedlab-outdated' } : NO_ATTRIBUTES;
  })
];

function lineOf(text: Text, release: Priced): Line {
  return { ...stretchOf(text, release.range), text: release.text, free: release.free };
}

function moved(lines: Line[], changes: ChangeDesc): Line[] {
  return lines.flatMap(line => {
    const from = changes.mapPos(line.from, 1, MapMode.TrackAfter); // null where the call was deleted
    return from === null ? [] : [{ ...line, from, to: Math.max(from, changes.mapPos(line.to, -1)) }];
  });
}

function decorations(text: Text, lines: Line[]): DecorationSet {
  return Decoration.set(
    lines.map(line =>
      Decoration.widget({ widget: new PriceWidget(line.text, line.free), side: 1 }).range(
        text.lineAt(line.to).to
      )
    ),
    true
  );
}

class PriceWidget extends WidgetType {
  constructor(
    readonly text: string,
    readonly free: boolean
  ) {
    super();
  }

  eq(other: PriceWidget): boolean {
    return other.text === this.text && other.free === this.free;
  }

  toDOM(): HTMLElement {
    const dom = document.createElement('span');
    dom.className = this.free ? 'fedlab-price fedlab-free' : 'fedlab-price';
    dom.setAttribute('role', 'note');
    // Out of the editor's own text: when a selection is replaced by several lines (dictation, input methods), Chromium
    // copies this span into a line, and what the copy held was read back as a part of the query.
    dom.attachShadow({ mode: 'open' }).textContent = this.text;
    return dom;
  }
}
