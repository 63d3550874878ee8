import { Text } from '@codemirror/state';
import { CodeEditor } from '@jupyterlab/codeeditor';
import { Link } from '../link';
import { Links } from '../links';
import { Asked } from '../protocol';

const MAGIC = /^%%fedquery(?=\s|$)/;
const NO_QUERY = /^\s*[%!?]/;

/** The cell that an editor edits, and what its kernel knows of queries. */
export class Cell {
  constructor(
    readonly model: CodeEditor.IModel,
    private readonly _links: Links
  ) {}

  /** The link of its notebook; undefined while the notebook is being made. */
  get link(): Link | undefined {
    return this._links.of(this.model);
  }

  /** Whether it has to be checked; the kernel, which may know better, then answers null. */
  isQuery(text: Text): boolean {
    const first = firstLine(text);
    return MAGIC.test(first) || (!NO_QUERY.test(first) && this.link?.status?.everyCell === true);
  }

  /** The kernel's answer; undefined where none came, also because the kernel had a problem with the question. */
  async ask<K extends keyof Asked>(
    what: K,
    given: Asked[K]['with']
  ): Promise<Asked[K]['answer'] | undefined> {
    try {
      return await this.link?.ask(what, given);
    } catch (problem) {
      console.warn(`fedlab was asked for ${what} and failed.`, problem);
      return undefined;
    }
  }

  /** Whether what stands at an offset is text of a query, so that fedlab knows more of it than IPython. */
  knows(text: Text, offset: number): boolean {
    return !!this.link?.status && this.isQuery(text) && !text.lineAt(offset).text.startsWith('%');
  }
}

/** Whether an editor's model is that of a code cell: a file has no type, and Markdown may quote queries. */
export function isCode(model: CodeEditor.IModel): boolean {
  return 'type' in model && model.type === 'code';
}

function firstLine(text: Text): string {
  for (let number = 1; number <= text.lines; number++) {
    const line = text.line(number).text;
    if (line.trim()) {
      return line;
    }
  }
  return '';
}
