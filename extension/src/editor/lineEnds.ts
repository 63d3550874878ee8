import { CodeEditor } from '@jupyterlab/codeeditor';

const FOREIGN = /\r\n?/g;

/**
 * End a text's lines as CodeMirror does, before an editor shows it.
 * JupyterLab keeps the CRLF of a file in the model that it runs and saves, and its editor counts one character for
 * each: without this all that is typed lands as many characters too early as there are lines above.
 */
export function straighten({ sharedModel }: CodeEditor.IModel): void {
  const text = sharedModel.getSource();
  if (text.includes('\r')) {
    sharedModel.transact(() => sharedModel.setSource(text.replace(FOREIGN, '\n')), false);
  }
}
