import { Dialog, ReactWidget, showDialog } from '@jupyterlab/apputils';
import * as React from 'react';
import { Status } from '../protocol';
import { DEMONSTRATIONS } from './demonstrations';

/** What hospitals are started with. */
export interface Start {
  data: string;
  fresh: boolean; // earlier ledgers are deleted
}

/** Let the user choose a demonstration, and confirm what cannot be undone; null where they would rather not. */
export async function chooseStart(status: Status): Promise<Start | null> {
  const body = new StartChoice(status);
  const chosen = await showDialog({
    title: 'Start demonstration',
    body,
    focusNodeSelector: 'input:checked',
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: 'Start' })]
  });
  if (!chosen.button.accept || !chosen.value) {
    return null;
  }
  return !chosen.value.fresh || (await confirmedFresh(chosen.value.data)) ? chosen.value : null;
}

/** Ask before ledgers are deleted. */
async function confirmedFresh(data: string): Promise<boolean> {
  const answer = await showDialog({
    title: 'Delete earlier ledgers?',
    body:
      `The ledgers, logs and stored answers of the earlier demonstrations of ${data} are deleted, ` +
      'and every budget is whole again. Real hospitals cannot do this.',
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: 'Delete and start' })],
    defaultButton: 0
  });
  return answer.button.accept;
}

class StartChoice extends ReactWidget implements Dialog.IBodyWidget<Start> {
  constructor(private readonly _status: Status) {
    super();
    this._start = { data: DEMONSTRATIONS[0].name, fresh: false };
    this.addClass('fedlab-choice');
  }

  getValue(): Start {
    return this._start;
  }

  protected render(): JSX.Element {
    const { data, own } = this._status;
    return (
      <>
        {data && (
          <p>
            The hospitals of <code>{data}</code> are {own ? 'stopped first' : 'left to the other notebook'}.
          </p>
        )}
        <fieldset>
          <legend>Data</legend>
          {DEMONSTRATIONS.map(({ name, about }, index) => (
            <label key={name}>
              <input
                type="radio"
                name="fedlab-data"
                value={name}
                defaultChecked={index === 0}
                onChange={() => (this._start.data = name)}
              />
              <span>
                <code>{name}</code>
                <small>{about}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <label>
          <input
            type="checkbox"
            name="fedlab-fresh"
            onChange={event => (this._start.fresh = event.target.checked)}
          />
          <span>
            new
            <small>
              Deletes the ledgers of earlier demonstrations of these data. Otherwise budgets go on.
            </small>
          </span>
        </label>
      </>
    );
  }

  private readonly _start: Start;
}
