import { errorCodeOf } from './api/errors.js';

/** What happens to a request. */
export type Effect =
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  /** Never answered; the connection stays open. */
  | { readonly kind: 'hang' }
  /** The connection is closed instead of an answer. */
  | { readonly kind: 'drop' }
  /** It is executed, and the connection is closed before the answer. */
  | { readonly kind: 'unanswered' }
  /** Answered after a delay. */
  | { readonly kind: 'slow'; readonly milliseconds: number };

/** A requested fault. Omitted fields match everything. */
export interface FaultRequest {
  /** `hang`, `drop`, `unanswered`, `slow`, or the name of any error of Telegram, such as `FLOOD_WAIT_30`. */
  readonly fault: string;
  /** The account, by its phone number, with or without `+`. */
  readonly phone?: string | undefined;
  /** `messages.GetHistory`, `messages.getHistory` or `getHistory`. */
  readonly method?: string | undefined;
  readonly dc?: number | undefined;
  /** For `slow`. */
  readonly milliseconds?: number | undefined;
  /** How many requests it affects; by default until cleared. */
  readonly times?: number | undefined;
  /** The error's number, if it is not the usual one. */
  readonly code?: number | undefined;
}

/** An active fault. */
export interface Fault extends FaultRequest {
  readonly id: number;
  /** Requests affected so far. */
  readonly struck: number;
}

/** A request that a fault may affect. `phones`: the account that sends it, or that it concerns. */
export interface Target {
  readonly dc: number;
  readonly method: string;
  readonly phones: readonly string[];
}

/** Faults on demand: the first one set takes effect first. */
export class Faults {
  readonly #faults = new Map<number, Fault>();
  #nextId = 1;

  add(request: FaultRequest): Fault {
    const fault: Fault = { ...request, id: this.#nextId, struck: 0 };
    this.#nextId += 1;
    this.#faults.set(fault.id, fault);
    return fault;
  }

  /** Removes one, or all. Returns how many there were. */
  clear(id?: number): number {
    const before = this.#faults.size;
    if (id === undefined) this.#faults.clear();
    else this.#faults.delete(id);
    return before - this.#faults.size;
  }

  /** Those that may still take effect. */
  list(): Fault[] {
    return [...this.#faults.values()];
  }

  /** What happens to a request, counted as affected; null: nothing. */
  strike(target: Target): Effect | null {
    for (const fault of this.#faults.values()) {
      if (!matches(fault, target)) continue;
      const struck = fault.struck + 1;
      if (fault.times !== undefined && struck >= fault.times) this.#faults.delete(fault.id);
      else this.#faults.set(fault.id, { ...fault, struck });
      return effectOf(fault);
    }
    return null;
  }
}

function matches(fault: FaultRequest, target: Target): boolean {
  if (fault.dc !== undefined && fault.dc !== target.dc) return false;
  if (fault.phone !== undefined && !target.phones.includes(digits(fault.phone))) return false;
  return fault.method === undefined || isMethod(fault.method, target.method);
}

/** Whether a method is the one wanted, which may be named without its namespace, and in any case. */
export function isMethod(wanted: string, method: string): boolean {
  const [name, called] = [wanted.toLowerCase(), method.toLowerCase()];
  return called === name || called.split('.').at(-1) === name;
}

function effectOf({ fault, milliseconds, code }: FaultRequest): Effect {
  if (fault === 'hang' || fault === 'drop' || fault === 'unanswered') return { kind: fault };
  if (fault === 'slow') return { kind: 'slow', milliseconds: milliseconds ?? 1000 };
  return { kind: 'error', code: code ?? errorCodeOf(fault), message: fault };
}

/** A phone number as Telegram stores it: digits only. */
export function digits(phone: string): string {
  return phone.replace(/\D/g, '');
}
