import * as React from 'react';
import { Hospital } from '../protocol';
import { BudgetGauge } from './budget';
import { Button, Run } from './button';
import { Prose } from './prose';
import { StateOf } from './state';
import { clock } from './time';
import { CommandIDs } from './commands';

const BROKEN = ['failed', 'died', 'unreachable'];

/** A hospital: whether it is ready, its patients, its budgets and its log. */
export function HospitalCard({ hospital, busy, run }: HospitalProps): JSX.Element {
  const { name, title, state, message, tables, budgets, log } = hospital;
  const alone = new Set(budgets.map(one => one.population)).size <= 1;
  return (
    <li className="fedlab-hospital" data-hospital={name} data-state={state}>
      <h3 title={name}>{title || name}</h3>
      <p className="fedlab-facts">
        <StateOf state={state} />
        <span title="The size that the hospital declares; it is public.">
          {tables.map((table, index) => (
            <React.Fragment key={table.name}>
              {index > 0 && ', '}
              {table.persons.toLocaleString()} patients in <code>{table.name}</code>
            </React.Fragment>
          ))}
        </span>
      </p>
      {message && (
        <p className="fedlab-why">
          <Prose text={message} />
        </p>
      )}
      {BROKEN.includes(state) && (
        <Button
          label="Restart"
          describe={`Restart ${title || name}`}
          disabled={busy}
          accent
          onClick={() => run(CommandIDs.restart, { hospital: name })}
        />
      )}
      <div className="fedlab-budgets">
        {budgets.map(budget => (
          <BudgetGauge
            key={`${budget.population} ${budget.shared}`}
            budget={budget}
            hospital={title || name}
            alone={alone}
          />
        ))}
      </div>
      {log && (
        <p className="fedlab-log">
          log: {log.size.toLocaleString()} {log.size === 1 ? 'entry' : 'entries'}, root{' '}
          <code title={`root hash ${log.root}…`}>{log.root.slice(0, 8)}</code>, verified {clock(log.at)}
        </p>
      )}
    </li>
  );
}

interface HospitalProps {
  hospital: Hospital;
  busy: boolean;
  run: Run;
}
