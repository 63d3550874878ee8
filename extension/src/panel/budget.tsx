import * as React from 'react';
import { Budget } from '../protocol';
import { Sparkline } from './sparkline';

const LOW = 0.25; // share left from which on a budget is called low

/** What is left of a budget, as a gauge, in words, and how it came to be. */
export function BudgetGauge({ budget, hospital, alone }: BudgetProps): JSX.Element {
  const left = Math.min(1, Math.max(0, 1 - budget.reserved));
  const whose = budget.shared ? 'everyone’s' : 'yours';
  const [level, words] = judged(left);
  const name = `Budget left at ${hospital}, ${whose}${alone ? '' : `, for ${budget.population}`}`;
  return (
    <div className="fedlab-budget" data-shared={budget.shared} title={budget.text}>
      <span className="fedlab-budget-name">
        {whose}
        {alone ? '' : ` (${budget.population})`}
      </span>
      <div
        className={`fedlab-gauge fedlab-mod-${level}`}
        role="meter"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * left)}
        aria-valuetext={`${words}; ${budget.text}`}
      >
        <div style={{ width: `${100 * left}%` }} />
      </div>
      <span className="fedlab-budget-left">{words}</span>
      <Sparkline history={budget.history} label={name} />
      <span
        className="fedlab-budget-cap"
        title="What is reserved counts by the cheaper of two accounts, so it may be less than the prices add up to."
      >
        of ε{'\u00a0'}
        {budget.epsilon}; prices so far ε{'\u00a0'}
        {rounded(budget.spent)}
      </span>
    </div>
  );
}

interface BudgetProps {
  budget: Budget;
  hospital: string;
  alone: boolean; // whether the hospital has one population only
}

/** Of a share that is left: how it looks, and how it reads. */
function judged(left: number): ['empty' | 'low' | 'fine', string] {
  if (left <= 0) {
    return ['empty', 'used up'];
  }
  return left < LOW ? ['low', `low, ${percent(left)}`] : ['fine', `${percent(left)} left`];
}

/** A share in percent; one that is not all, or not nothing, is not rounded to it. */
export function percent(share: number): string {
  const whole = Math.round(100 * share);
  if (whole === 100 && share < 1) {
    return '> 99 %';
  }
  return whole === 0 && share > 0 ? '< 1 %' : `${whole} %`;
}

/** A number with four digits at most. */
export function rounded(value: number): string {
  return String(Number(value.toPrecision(4)));
}
