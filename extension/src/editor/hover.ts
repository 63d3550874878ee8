import { Extension } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { Cell } from './cell';
import { rendered } from './markdown';
import { placeOf, stretchOf } from './places';

/** What the word under the pointer means. */
export function hover(cell: Cell, rendermime: IRenderMimeRegistry): Extension {
  return hoverTooltip(async (view, offset) => {
    const text = view.state.doc;
    if (!cell.knows(text, offset)) {
      return null;
    }
    const answer = await cell.ask('hover', { text: text.toString(), position: placeOf(text, offset) });
    if (!answer || view.state.doc !== text) {
      return null;
    }
    const page = await rendered(rendermime, answer.text);
    page.addClass('fedlab-hover');
    const { from, to } = stretchOf(text, answer.range);
    return {
      pos: from,
      end: to,
      above: true,
      create: () => ({ dom: page.node, destroy: () => page.dispose() })
    };
  });
}
