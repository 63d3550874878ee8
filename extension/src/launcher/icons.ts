import { LabIcon } from '@jupyterlab/ui-components';

/** An open book. */
export const tutorialIcon = new LabIcon({
  name: 'fedlab:tutorial',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
    <path class="jp-icon3 jp-icon-selectable" fill="#616161" fill-rule="evenodd"
      d="M2 4c4-1 7-.5 10 1.5C15 3.500 18 3 22 4v15c-4-.8-7-.4-10 1.500C9 18.600 6 18.200 2 19zM4 5.700v11c2.600-.2 4.900.2 7 1.200V7.200
      C9 5.900 6.800 5.400 4 5.700zM13 7.200v10.700c2.100-1 4.400-1.400 7-1.200v-11c-2.800-.3-5 .2-7 1.500z"/></svg>`
});

/** A drop that leaks. */
export const leakIcon = new LabIcon({
  name: 'fedlab:leak',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
    <path class="jp-icon3 jp-icon-selectable" fill="#616161" fill-rule="evenodd"
      d="M12 2c4 5 7 8.500 7 12.500a7 7 0 0 1-14 0C5 10.500 8 7 12 2zM8 14h-1.500c0 3.200 2.300 5.500 5.500 5.500V18c-2.400 0-4-1.600-4-4z"/></svg>`
});
