import { Text as CellText } from '@codemirror/state';
import { CodeMirrorEditor } from '@jupyterlab/codemirror';
import { CompletionHandler, ICompletionContext, ICompletionProvider } from '@jupyterlab/completer';
import { Text } from '@jupyterlab/coreutils';
import { Links } from '../links';
import { Completions } from '../protocol';
import { Cell, isCode } from './cell';
import { CompletionRenderer, Item } from './completionRenderer';
import { placeOf, stretchOf } from './places';

type SourceChange = Parameters<NonNullable<ICompletionProvider['shouldShowContinuousHint']>>[1];

const OPENS = /^[\p{L}\p{N}_."]$/u;
const OPENS_ANEW = /^[."]$/;

/** What could stand at the cursor of a query. */
export class QueryCompletions implements ICompletionProvider<Item> {
  constructor(
    private readonly _links: Links,
    readonly renderer: CompletionRenderer
  ) {}

  readonly identifier = 'CompletionProvider:fedlab';

  readonly rank = 1000; // before those of JupyterLab

  async isApplicable(context: ICompletionContext): Promise<boolean> {
    return this.knows(context);
  }

  /** Whether the cursor is in a query. */
  knows({ editor }: ICompletionContext): boolean {
    if (!(editor instanceof CodeMirrorEditor) || !isCode(editor.model)) {
      return false;
    }
    const { doc, selection } = editor.editor.state;
    return new Cell(editor.model, this._links).knows(doc, selection.main.head);
  }

  async fetch(
    request: CompletionHandler.IRequest,
    { editor }: ICompletionContext
  ): Promise<CompletionHandler.ICompletionItemsReply<Item>> {
    if (!(editor instanceof CodeMirrorEditor)) {
      return NOTHING;
    }
    const { doc, selection } = editor.editor.state;
    const answer = await new Cell(editor.model, this._links).ask('completion', {
      text: doc.toString(),
      position: placeOf(doc, selection.main.head)
    });
    return answer?.items.length ? asReply(doc, request.text, answer) : NOTHING;
  }

  /** JupyterLab asks only where its settings want completion while typing, and knows nothing of members then. */
  shouldShowContinuousHint(visible: boolean, changed: SourceChange): boolean {
    const deltas = changed.sourceChange ?? [];
    if (deltas.some(delta => delta.delete !== undefined)) {
      return false;
    }
    const typed = deltas.map(delta => delta.insert ?? '').join('');
    return (visible ? OPENS_ANEW : OPENS).test(typed);
  }
}

const NOTHING = { start: 0, end: 0, items: [] };

/** JupyterLab counts code points here. */
function asReply(
  doc: CellText,
  text: string,
  { items }: Completions
): CompletionHandler.ICompletionItemsReply<Item> {
  const { from, to } = stretchOf(doc, items[0].replaces);
  return {
    start: Text.jsIndexToCharIndex(from, text),
    end: Text.jsIndexToCharIndex(to, text),
    items: items.map(({ label, insert, kind, detail, documentation }) => ({
      label,
      insertText: insert,
      type: kind,
      detail,
      documentation
    }))
  };
}
