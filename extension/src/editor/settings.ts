import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ISignal, Signal } from '@lumino/signaling';

/** What `schema/editor.json` lets a user choose. */
export class Settings {
  get check(): boolean {
    return this._check;
  }

  get prices(): boolean {
    return this._prices;
  }

  /** Milliseconds after the last key. */
  get delay(): number {
    return this._delay;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Follow what is stored. */
  follow(stored: ISettingRegistry.ISettings): void {
    const read = () => {
      this._check = stored.composite.check as boolean;
      this._prices = stored.composite.prices as boolean;
      this._delay = stored.composite.delay as number;
      this._changed.emit();
    };
    stored.changed.connect(read);
    read();
  }

  // As in the schema, until what is stored was read.
  private _check = true;
  private _prices = true;
  private _delay = 200;
  private _changed = new Signal<this, void>(this);
}
