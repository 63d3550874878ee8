import { Diagnostic, forEachDiagnostic, linter } from '@codemirror/lint';
import { Extension, StateEffect, Text } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { Diagnostics } from '../protocol';
import { Cell } from './cell';
import { asDiagnostic } from './findings';
import { pricesAfter, pricesField, setPrices } from './prices';
import { Settings } from './settings';
import { Turns } from './turns';

/** What is known of the hospitals or of the session changed, so that the same text may be judged otherwise. */
export const known = StateEffect.define<null>();

// All editors in which nobody types share one, so that the one in which somebody does never waits for more than one.
const others = new Turns();

/** Asks the kernel about a cell when one pauses, and shows what it answers. */
export function checker(cell: Cell, settings: Settings): Extension {
  const turns = new Turns();
  return linter(
    view => {
      const text = view.state.doc;
      return turns.after(() => check(view, text, cell, settings));
    },
    {
      delay: settings.delay,
      needsRefresh: update => update.transactions.some(one => one.effects.some(effect => effect.is(known)))
    }
  );
}

/** The findings in a text. What is returned of a text that was changed since, the linter drops. */
async function check(view: EditorView, text: Text, cell: Cell, settings: Settings): Promise<Diagnostic[]> {
  if (view.state.doc !== text) {
    return [];
  }
  const answer = await ask(view, text, cell);
  if (view.state.doc !== text) {
    return [];
  }
  if (answer === undefined) {
    return shown(view); // the kernel is busy, and cannot answer meanwhile: asked again when it is done
  }
  showPrices(view, text, answer);
  return answer && settings.check ? answer.findings.map(finding => asDiagnostic(text, finding)) : [];
}

async function ask(view: EditorView, text: Text, cell: Cell): Promise<Diagnostics | null | undefined> {
  if (!cell.link?.status || !cell.isQuery(text)) {
    return null;
  }
  const question = () => cell.ask('diagnostics', { text: text.toString() });
  return view.hasFocus ? question() : others.after(question);
}

function showPrices(view: EditorView, text: Text, answer: Diagnostics | null): void {
  const before = view.state.field(pricesField, false);
  if (before === undefined) {
    return; // switched off
  }
  const prices = answer && pricesAfter(before, text, answer);
  if (prices !== before) {
    view.dispatch({ effects: setPrices.of(prices) });
  }
}

function shown(view: EditorView): Diagnostic[] {
  const found: Diagnostic[] = [];
  forEachDiagnostic(view.state, (diagnostic, from, to) => found.push({ ...diagnostic, from, to }));
  return found;
}
