import { IRenderMime, IRenderMimeRegistry } from '@jupyterlab/rendermime';

const MARKDOWN = 'text/markdown';

/** A page of the kernel's, through JupyterLab's sanitiser; who asked for it disposes of it. */
export async function rendered(
  rendermime: IRenderMimeRegistry,
  markdown: string
): Promise<IRenderMime.IRenderer> {
  const page = rendermime.createRenderer(MARKDOWN);
  await page.renderModel(rendermime.createModel({ data: { [MARKDOWN]: markdown }, trusted: false }));
  return page;
}
