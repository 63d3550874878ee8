import * as React from 'react';
import { percent } from './budget';
import { clock } from './time';

const WIDTH = 48;
const HEIGHT = 16;
const LEAST = 0.9; // share left at the bottom, or what is left now: small steps can be seen while all is there

/** How the share that is left of a budget fell, a step a charge; nothing where nothing was charged yet. */
export function Sparkline({ history, label }: SparklineProps): JSX.Element | null {
  if (history.length < 2) {
    return null;
  }
  const left = history.map(([, reserved]) => Math.min(1, Math.max(0, 1 - reserved)));
  const least = Math.min(...left, LEAST);
  // By charges and not by time: a night between two of them would leave nothing to see of the others.
  const step = WIDTH / left.length;
  const height = (share: number) => 1 + ((HEIGHT - 2) * (1 - share)) / (1 - least);
  const path = left
    .map((share, index) => `${index ? 'V' : 'M0 '}${height(share)}H${step * (index + 1)}`)
    .join('');
  const from = `${label}: from ${percent(left[0])} at ${clock(history[0][0])}`;
  const to = `to ${percent(left[left.length - 1])} at ${clock(history[history.length - 1][0])}`;
  const words = `${from} ${to}, in ${history.length - 1} steps`;
  return (
    <svg
      className="fedlab-sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={words}
    >
      <title>{words}</title>
      <path className="fedlab-sparkline-line" d={path} />
    </svg>
  );
}

interface SparklineProps {
  history: [number, number][]; // Unix seconds and reserved share
  label: string;
}
