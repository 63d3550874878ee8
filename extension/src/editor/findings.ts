import { Diagnostic, forEachDiagnostic } from '@codemirror/lint';
import { EditorState, Text } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { partsOf } from '../prose';
import { Finding } from '../protocol';
import { stretchOf } from './places';

const SEVERITY = { error: 'error', warning: 'warning', note: 'info' } as const;
const WORD = { error: 'Error', warning: 'Warning', note: 'Note' } as const;

/** A finding as the editor's linter takes it, with its fix as a button where the kernel has edits for it. */
export function asDiagnostic(text: Text, finding: Finding): Diagnostic {
  return {
    ...stretchOf(text, finding.range),
    severity: SEVERITY[finding.severity],
    message: spoken(finding),
    renderMessage: () => page(finding),
    actions: finding.edits.length
      ? [{ name: finding.fix ?? 'Apply the fix', apply: view => carryOut(view, text, finding) }]
      : []
  };
}

/** What the linter found at the cursor, or else in its line; the narrowest first. */
export function diagnosticsAt(state: EditorState): Diagnostic[] {
  const cursor = state.selection.main.head;
  const line = state.doc.lineAt(cursor);
  const found: { away: boolean; width: number; diagnostic: Diagnostic }[] = [];
  forEachDiagnostic(state, (diagnostic, from, to) => {
    if (from <= line.to && to >= line.from) {
      found.push({ away: cursor < from || cursor > to, width: to - from, diagnostic });
    }
  });
  found.sort((a, b) => Number(a.away) - Number(b.away) || a.width - b.width);
  return found.map(one => one.diagnostic);
}

/** Change what the fix says, all of it or nothing: its places are those of the text that was checked. */
function carryOut(view: EditorView, checked: Text, finding: Finding): void {
  if (!view.state.doc.eq(checked)) {
    return;
  }
  view.dispatch({
    changes: finding.edits.map(edit => ({ ...stretchOf(checked, edit.range), insert: edit.text })),
    userEvent: 'input.complete',
    scrollIntoView: true
  });
  view.focus();
}

function spoken(finding: Finding): string {
  const fix = finding.fix ? ` Fix: ${finding.fix}` : '';
  return `${WORD[finding.severity]}: ${finding.message}${fix}`;
}

function page(finding: Finding): HTMLElement {
  const dom = document.createElement('div');
  dom.className = 'fedlab-finding';
  const add = (kind: string, text: string) => {
    const part = document.createElement('div');
    part.className = `fedlab-finding-${kind}`;
    part.append(...worded(text));
    dom.append(part);
  };
  add('message', finding.message);
  add('reason', finding.reason);
  if (finding.fix && !finding.edits.length) {
    add('fix', finding.fix);
  }
  add('code', finding.code);
  return dom;
}

/** A text with what stands between backticks as code; never read as HTML. */
function worded(text: string): Node[] {
  return partsOf(text).map((part, index) => {
    const node = document.createElement(index % 2 ? 'code' : 'span');
    node.textContent = part;
    return node;
  });
}
