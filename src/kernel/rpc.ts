import type { MessagePort, Worker } from 'node:worker_threads';
import type { ErrorPassing, PassedError } from './passed_errors.js';

/** What a peer speaks through: a thread, or the thread's own port. */
export type RpcPort = Pick<MessagePort | Worker, 'postMessage'> & {
  on(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
};

/** Objects whose methods the other side may call, by name. */
export type Served = Readonly<Record<string, object>>;

/** A method call. `signalAt`: which argument is an AbortSignal; null: none. */
interface Call {
  readonly kind: 'call';
  /** Null: nobody waits for the result. */
  readonly id: number | null;
  readonly object: string;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly signalAt: number | null;
}

type Message =
  | Call
  | { readonly kind: 'abort'; readonly id: number; readonly reason: PassedError }
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: PassedError };

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The names of all methods of a port: a missing one is a compile error. */
export function methodsOf<Port>(names: { readonly [Name in keyof Port]: true }): (keyof Port & string)[] {
  return Object.keys(names) as (keyof Port & string)[];
}

/**
 * Calls methods of objects in another thread, and serves the other thread's calls. Arguments and results are plain
 * data (structured clone: a Buffer arrives as a Uint8Array), except that one argument may be an AbortSignal: it is
 * aborted there when it is aborted here, for the same reason. Errors keep their class, as far as `errors` knows it.
 * Messages arrive in the order in which they were sent.
 */
export class RpcPeer {
  readonly #port: RpcPort;
  readonly #errors: ErrorPassing;
  readonly #served: Served;
  readonly #pending = new Map<number, Pending>();
  readonly #serving = new Map<number, AbortController>();
  #calls = 0;
  #closed: Error | null = null;

  constructor(port: RpcPort, errors: ErrorPassing, served: Served) {
    this.#port = port;
    this.#errors = errors;
    this.#served = served;
    port.on('message', this.#receive);
  }

  /** The object of this name on the other side. Calls reject with what it throws, or once this is closed. */
  remote<Port extends object>(object: string, methods: readonly (keyof Port & string)[]): Port {
    const entries = methods.map((method) => [
      method,
      (...args: unknown[]) => this.#call(object, method, args),
    ]);
    return Object.fromEntries(entries) as Port;
  }

  /** Calls a method without waiting for it; whatever it throws is lost. */
  tell(object: string, method: string, ...args: readonly unknown[]): void {
    if (!this.#closed) this.#post({ kind: 'call', id: null, object, method, args, signalAt: null });
  }

  /** Rejects the calls under way with `reason`, aborts those that are served, and listens no more. */
  close(reason: Error): void {
    if (this.#closed) return;
    this.#closed = reason;
    this.#port.off('message', this.#receive);
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    for (const abort of this.#serving.values()) abort.abort(reason);
  }

  #call(object: string, method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#closed) return Promise.reject(this.#closed);
    this.#calls += 1;
    const id = this.#calls;
    const at = args.findIndex((arg) => arg instanceof AbortSignal);
    const signal = args[at] as AbortSignal | undefined;
    const abort = () => this.#post({ kind: 'abort', id, reason: this.#errors.pack(signal?.reason) });
    const result = new Promise((resolve, reject) => {
      const sent = args.map((arg, index) => (index === at ? null : arg));
      this.#post({ kind: 'call', id, object, method, args: sent, signalAt: at < 0 ? null : at });
      this.#pending.set(id, { resolve, reject });
    });
    if (!signal) return result;
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    return result.finally(() => signal.removeEventListener('abort', abort));
  }

  /** Arrow function: it is taken off the port as it was put on. */
  readonly #receive = (received: unknown): void => {
    const message = received as Message | null;
    if (message === null) return;
    if (message.kind === 'call') return void this.#serve(message);
    if (message.kind === 'abort') {
      this.#serving.get(message.id)?.abort(this.#errors.unpack(message.reason));
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === 'value') pending?.resolve(message.value);
    else pending?.reject(this.#errors.unpack(message.error));
  };

  async #serve({ id, object, method, args, signalAt }: Call): Promise<void> {
    const abort = new AbortController();
    if (id !== null) this.#serving.set(id, abort);
    const given = signalAt === null ? args : args.with(signalAt, abort.signal);
    try {
      const value = await this.#invoke(object, method, given);
      if (id !== null) this.#post({ kind: 'value', id, value });
    } catch (error) {
      if (id !== null) this.#post({ kind: 'error', id, error: this.#errors.pack(error) });
    } finally {
      if (id !== null) this.#serving.delete(id);
    }
  }

  #invoke(object: string, method: string, args: readonly unknown[]): unknown {
    const target = this.#served[object];
    const served: unknown = target && Reflect.get(target, method);
    if (typeof served !== 'function') throw new Error(`nothing serves ${object}.${method}`);
    return served.apply(target, args);
  }

  #post(message: Message): void {
    if (!this.#closed) this.#port.postMessage(message);
  }
}
