import { ISessionContext } from '@jupyterlab/apputils';
import { Kernel, KernelMessage } from '@jupyterlab/services';
import { JSONObject } from '@lumino/coreutils';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';
import { Asked, ASK_TARGET, Reply, Status, STATUS_TARGET } from './protocol';

const PATIENCE = 5000; // milliseconds; what takes longer is out of date in an editor

/**
 * What one notebook knows of its kernel: the last status, and a way to ask.
 *
 * There are two comms. A kernel answers a comm in the (sub)shell that last sent on it, so what is pushed at any
 * moment, and what is asked while a query runs, must not be the same comm. Survives restarts, other kernels and a
 * late `%load_ext`.
 */
export class Link implements IDisposable {
  constructor(readonly context: ISessionContext) {
    context.kernelChanged.connect(this._onKernel, this);
    context.statusChanged.connect(this._onKernelStatus, this);
    this._onKernel();
  }

  /** The last status; null while the kernel has no fedlab. */
  get status(): Status | null {
    return this._status;
  }

  /** A status came, or there is none any more. */
  get changed(): ISignal<this, Status | null> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this.context.kernelChanged.disconnect(this._onKernel, this);
    this.context.statusChanged.disconnect(this._onKernelStatus, this);
    this._drop();
    Signal.clearData(this);
  }

  /** The kernel's answer; undefined where none came, or it took too long. Rejects with the kernel's own words. */
  async ask<K extends keyof Asked>(
    what: K,
    given: Asked[K]['with']
  ): Promise<Asked[K]['answer'] | undefined> {
    const reply = await this._request(what, given);
    if (reply?.problem) {
      throw new Error(reply.problem);
    }
    return reply ? (reply.answer as Asked[K]['answer']) : undefined; // null is an answer: this is no query
  }

  /** Have the kernel do something; the status says what becomes of it. Rejects with why it is not done. */
  async tell<K extends keyof Asked>(what: K, given: Asked[K]['with']): Promise<void> {
    const reply = await this._request(what, given);
    if (!reply) {
      throw new Error(
        `The kernel did not answer within ${PATIENCE / 1000} seconds. Wait until its cell has ended, and try again.`
      );
    }
    if (reply.problem) {
      throw new Error(reply.problem);
    }
  }

  private _request<K extends keyof Asked>(what: K, given: Asked[K]['with']): Promise<Reply | null> {
    const id = ++this._last;
    return new Promise(resolve => {
      const done = (reply: Reply | null) => {
        window.clearTimeout(timer);
        this._pending.delete(id);
        resolve(reply);
      };
      const timer = window.setTimeout(() => done(null), PATIENCE);
      this._pending.set(id, done);
      // Within the patience: a kernel that ends while its subshell is made leaves a promise that nobody keeps.
      void this._send(id, { id, do: what, ...given } as unknown as JSONObject).catch(() => done(null));
    });
  }

  private async _send(id: number, request: JSONObject): Promise<void> {
    const comm = await this._ask;
    if (!comm || comm.isDisposed) {
      throw new Error('The kernel cannot be asked.');
    }
    if (this._pending.has(id)) {
      comm.send(request); // else it is out of date
    }
  }

  private _onKernel(): void {
    this._drop();
    this._refused = '';
    const kernel = this.context.session?.kernel;
    if (!kernel) {
      return;
    }
    // The kernel opens the comm itself when `%load_ext fedlab_kernel` runs later.
    kernel.registerCommTarget(STATUS_TARGET, comm => this._use(comm));
    this._open();
  }

  private _onKernelStatus(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this._drop();
      this._refused = '';
    } else if (status === 'idle' && !this._comm) {
      this._open();
    }
  }

  private _open(): void {
    const kernel = this.context.session?.kernel;
    // Clones of a connection leave comms to the connection they were made from.
    if (!kernel || !kernel.handleComms || this._refused === kernel.id) {
      return;
    }
    const comm = kernel.createComm(STATUS_TARGET);
    this._use(comm);
    comm.open(); // a kernel without fedlab answers with comm_close
  }

  private _use(comm: Kernel.IComm): void {
    this._refused = '';
    this._comm = comm;
    this._ask = null;
    comm.onMsg = message => {
      if (this._comm === comm) {
        this._onStatus(message.content.data as unknown as Status);
      }
    };
    comm.onClose = () => {
      if (this._comm === comm) {
        this._refused = this.context.session?.kernel?.id ?? '';
        this._drop();
      }
    };
  }

  private _onStatus(status: Status): void {
    this._ask ??= this._openAsk();
    this._status = status;
    this._changed.emit(status);
  }

  private async _openAsk(): Promise<Kernel.IComm | null> {
    const kernel = this.context.session?.kernel;
    if (!kernel) {
      return null;
    }
    try {
      await kernel.info;
    } catch {
      return null; // the kernel ended meanwhile
    }
    const comm = kernel.createComm(ASK_TARGET);
    if (kernel.supportsSubshells) {
      // On the class, not on the interface (services 7.6).
      await (comm as unknown as { subshellStarted?: Promise<void> }).subshellStarted;
    }
    if (kernel !== this.context.session?.kernel || kernel.isDisposed) {
      return null; // another kernel came meanwhile
    }
    comm.onMsg = (message: KernelMessage.ICommMsgMsg) => {
      const reply = message.content.data as unknown as Reply;
      this._pending.get(reply.id)?.(reply);
    };
    comm.open();
    return comm;
  }

  private _drop(): void {
    this._comm = null;
    this._ask = null;
    this._pending.forEach(done => done(null));
    this._pending.clear();
    if (this._status !== null) {
      this._status = null;
      this._changed.emit(null);
    }
  }

  private _comm: Kernel.IComm | null = null;
  private _ask: Promise<Kernel.IComm | null> | null = null;
  private _refused = ''; // the kernel that has no fedlab
  private _last = 0;
  private _pending = new Map<number, (reply: Reply | null) => void>();
  private _status: Status | null = null;
  private _changed = new Signal<this, Status | null>(this);
  private _isDisposed = false;
}
