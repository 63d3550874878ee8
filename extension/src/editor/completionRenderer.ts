import { Completer, CompletionHandler } from '@jupyterlab/completer';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { rendered } from './markdown';

const LONGEST = 40; // letters of a detail that are shown, about

/** A completion with its type and bounds, or its signature. */
export interface Item extends CompletionHandler.ICompletionItem {
  detail: string;
}

/** Shows a query's completions with their details and pages; all others as JupyterLab does. */
export class CompletionRenderer extends Completer.Renderer {
  constructor(private readonly _rendermime: IRenderMimeRegistry) {
    super({ sanitizer: _rendermime.sanitizer });
  }

  createCompletionItemNode(item: CompletionHandler.ICompletionItem, orderedTypes: string[]): HTMLLIElement {
    const node = super.createCompletionItemNode(item, orderedTypes);
    const type = node.querySelector('.jp-Completer-typeExtended');
    if (isOurs(item) && item.detail && type) {
      type.classList.add('fedlab-detail');
      type.textContent = item.detail;
      node.title = `${item.type}: ${item.detail}`;
    }
    return node;
  }

  createDocumentationNode(item: CompletionHandler.ICompletionItem): HTMLElement {
    if (!isOurs(item)) {
      return super.createDocumentationNode(item);
    }
    const host = document.createElement('div');
    rendered(this._rendermime, item.documentation ?? '').then(
      page => host.append(page.node),
      problem => console.warn('A page of fedlab could not be shown.', problem)
    );
    return host;
  }

  itemWidthHeuristic(item: CompletionHandler.ICompletionItem): number {
    return super.itemWidthHeuristic(item) + (isOurs(item) ? Math.min(item.detail.length, LONGEST) : 0);
  }
}

function isOurs(item: CompletionHandler.ICompletionItem): item is Item {
  return 'detail' in item;
}
