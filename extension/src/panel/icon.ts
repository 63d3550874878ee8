import { LabIcon } from '@jupyterlab/ui-components';

/** A house with a cross. */
export const hospitalIcon = new LabIcon({
  name: 'fedlab:hospital',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
    <path class="jp-icon3 jp-icon-selectable" fill="#616161" fill-rule="evenodd"
      d="M4 22V8l8-6 8 6v14h-6v-4h-4v4H4zM11 8v2H9v2h2v2h2v-2h2v-2h-2V8h-2z"/></svg>`
});
