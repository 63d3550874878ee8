import { LabIcon } from '@jupyterlab/ui-components';

/** A house with a cross. */
export const hospitalIcon = new LabIcon({
  name: 'fedlab:hospital',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
    <path class="jp-icon3 jp-icon-selectable" fill="#616161" fill-rule="evenodd"
      d="M4 22V8l8-6 8 6v14h-6v-4h-4v4H4zM11 8v2H9v2h2v2h2v-2h2v-2h-2V8h-2z"/></svg>`
});

/** An open book. */
export const tutorialIcon = new LabIcon({
  name: 'fedlab:tutorial',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
    <path class="jp-icon3 jp-icon-selectable" fill="#616161" fill-rule="evenodd"
      d="M2 4c4-1 7-.5 10 1.5C15 3.5 18 3 22 4v15c-4-.8-7-.4-10 1.5C9 18.6 6 18.2 2 19zM4 5.7v11c2.6-.2 4.9.2 7 1.2V7.2
      C9 5.9 6.8 5.4 4 5.7zM13 7.2v10.7c2.1-1 4.4-1.4 7-1.2v-11c-2.8-.3-5 .2-7 1.5z"/></svg>`
});

/** A drop that leaks. */
export const leakIcon = new LabIcon({
  name: 'fedlab:leak',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
    <path class="jp-icon3 jp-icon-selectable" fill="#616161" fill-rule="evenodd"
      d="M12 2c4 5 7 8.5 7 12.5a7 7 0 0 1-14 0C5 10.5 8 7 12 2zM8 14h-1.5c0 3.2 2.3 5.5 5.5 5.5V18c-2.4 0-4-1.6-4-4z"/></svg>`
});
