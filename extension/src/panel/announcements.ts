import { Status } from '../protocol';
import { wordOf } from './state';

/** What a screen reader should say of a change; "" where it is of no interest. Figures and progress are not told. */
export function announcement(before: Status, after: Status): string {
  const told: string[] = [];
  if (after.busy && after.busy !== before.busy) {
    told.push(after.busy);
  }
  if (after.problem && after.problem !== before.problem) {
    told.push(after.problem);
  }
  const states = new Map(before.hospitals.map(one => [one.name, one.state]));
  for (const { name, title, state } of after.hospitals) {
    if (states.get(name) !== state) {
      told.push(`${title || name}: ${wordOf(state)}.`);
    }
  }
  if (before.hospitals.length > 0 && after.hospitals.length === 0) {
    told.push('No hospitals are running.');
  }
  told.push(...ofQuery(before, after));
  const [last, known] = [after.refusals[0], before.refusals[0]];
  if (last && (last.at !== known?.at || last.code !== known.code)) {
    told.push(`Refused, ${last.code}: ${last.message}`);
  }
  return told.join(' ');
}

function ofQuery({ running: before }: Status, { running: after }: Status): string[] {
  if (!after) {
    return before ? ['The query has ended.'] : [];
  }
  if (!before || before.since !== after.since) {
    return ['A query is running.'];
  }
  return after.cancelling && !before.cancelling ? ['The query is being interrupted.'] : [];
}
