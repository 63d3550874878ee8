/** Does one thing after the other, so that a kernel is not asked again before it answered. */
export class Turns {
  /** Do something when all that came before is done, whatever became of it. */
  after<T>(what: () => Promise<T>): Promise<T> {
    const mine = this._last.then(what);
    this._last = mine.then(
      () => undefined,
      () => undefined
    );
    return mine;
  }

  private _last: Promise<void> = Promise.resolve();
}
