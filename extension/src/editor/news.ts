import { Notebook, NotebookActions } from '@jupyterlab/notebook';
import { Link } from '../link';
import { Links } from '../links';
import { Status } from '../protocol';
import { Cells } from './cells';

/** Have cells checked again when more is known: a cell ran, or hospitals or their budgets changed. */
export function followNews(cells: Cells, links: Links): void {
  const told = new WeakMap<Link, string>();
  links.changed.connect((_, link) => {
    if (!link) {
      return;
    }
    const news = whatMatters(link.status);
    if (told.get(link) !== news) {
      told.set(link, news);
      cells.refresh(cell => cell.link === link);
    }
  });
  // The status does not tell the names that a query left.
  NotebookActions.executed.connect((_: unknown, { notebook }: { notebook: Notebook }) => {
    cells.refresh(cell => notebook.widgets.some(one => one.model === cell.model));
  });
}

/** All of a status that answers depend on; the status comes more often than that changes. */
function whatMatters(status: Status | null): string {
  if (!status) {
    return '';
  }
  const { everyCell, data, hospitals, running } = status;
  return JSON.stringify([
    everyCell,
    data,
    running === null,
    hospitals.map(({ name, state, budgets }) => [
      name,
      state,
      budgets.map(budget => [budget.population, budget.shared, budget.epsilon, budget.reserved])
    ])
  ]);
}
