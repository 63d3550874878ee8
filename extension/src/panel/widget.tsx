import { ReactWidget } from '@jupyterlab/apputils';
import * as React from 'react';
import { hospitalIcon } from '../icons';
import { Links } from '../links';
import { Run } from './button';
import { View } from './view';

/** The side panel. */
export class HospitalsPanel extends ReactWidget {
  constructor(
    private readonly _links: Links,
    private readonly _run: Run
  ) {
    super();
    this.id = 'fedlab-hospitals';
    this.title.icon = hospitalIcon;
    this.title.caption = 'Hospitals';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Hospitals');
    this.addClass('fedlab-panel');
  }

  protected render(): JSX.Element {
    return <View links={this._links} run={this._run} />;
  }
}
