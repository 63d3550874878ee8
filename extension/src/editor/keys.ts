import { forEachDiagnostic, lintKeymap, nextDiagnostic, previousDiagnostic } from '@codemirror/lint';
import { Extension } from '@codemirror/state';
import * as codemirror from '@codemirror/view';
import { Command, EditorView, keymap } from '@codemirror/view';
import { diagnosticsAt } from './findings';

// JupyterLab 4.4 shares a CodeMirror that cannot show a hover text by key, and the linter's own commands fail in it.
const canShow = 'activateHover' in codemirror;

/** Go to the next finding and say it. */
export const nextFinding: Command = saying(canShow ? nextDiagnostic : select(true));

const previousFinding: Command = saying(canShow ? previousDiagnostic : select(false));

/** F8 and Shift-F8 go from finding to finding; the list of all has the key that CodeMirror gives it. */
export const findingKeys: Extension = keymap.of([
  { key: 'F8', run: nextFinding, shift: previousFinding },
  ...lintKeymap.filter(binding => binding.key !== 'F8')
]);

/** Carry out the first fix at the cursor, or else in its line. */
export const applyFix: Command = view => {
  const action = diagnosticsAt(view.state).flatMap(found => found.actions ?? [])[0];
  if (!action) {
    say(view, 'There is no fix here that can be applied.');
    return false;
  }
  say(view, `Applied: ${action.name}`);
  action.apply(view, view.state.selection.main.from, view.state.selection.main.to);
  return true;
};

function select(forward: boolean): Command {
  return view => {
    const places: { anchor: number; head: number }[] = [];
    forEachDiagnostic(view.state, (_, anchor, head) => places.push({ anchor, head }));
    places.sort((a, b) => (forward ? a.anchor - b.anchor : b.anchor - a.anchor));
    const { from, to } = view.state.selection.main;
    const selection = places.find(one => (forward ? one.anchor > to : one.head < from)) ?? places[0];
    if (selection) {
      view.dispatch({ selection, scrollIntoView: true });
    }
    return selection !== undefined;
  };
}

function saying(move: Command): Command {
  return view => {
    const moved = move(view);
    const [found] = diagnosticsAt(view.state);
    if (found) {
      say(view, found.message);
    }
    return moved;
  };
}

function say(view: EditorView, words: string): void {
  view.dispatch({ effects: EditorView.announce.of(words) });
}
