/** An error as it passes between threads, where classes are lost. */
export interface PassedError {
  /** The nearest class that both sides know; null: none. */
  readonly className: string | null;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause: PassedError | null;
}

/** A class of errors. */
type ErrorClass = abstract new (...args: never[]) => Error;

const OWN_PLACE: ReadonlySet<string> = new Set(['name', 'message', 'stack', 'cause']);

/** Passes errors between threads, so that what the other side catches has the class and the fields of what was thrown. */
export class ErrorPassing {
  readonly #byName: ReadonlyMap<string, ErrorClass>;

  /** `classes`: those that are told apart; no two have the same name. */
  constructor(classes: readonly ErrorClass[]) {
    this.#byName = new Map(classes.map((one) => [one.name, one]));
  }

  /** Fields that no thread could receive are left out, and of a class that is not known all but simple values. */
  pack(error: unknown): PassedError {
    if (!(error instanceof Error)) return this.pack(new Error(String(error)));
    const className = this.#classOf(error);
    const { name, message, stack, cause } = error;
    const fields = Object.entries(error).filter(
      ([field, value]) => !OWN_PLACE.has(field) && (className === null ? isSimple(value) : isPassable(value)),
    );
    return {
      ...{ className, name, message, stack },
      fields: Object.fromEntries(fields),
      cause: cause === undefined ? null : this.pack(cause),
    };
  }

  unpack({ className, name, message, stack, fields, cause }: PassedError): Error {
    const error = new Error(message, cause === null ? {} : { cause: this.unpack(cause) });
    const known = this.#byName.get(className ?? '');
    if (known) Object.setPrototypeOf(error, known.prototype);
    if (stack !== undefined) error.stack = stack;
    if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true });
    return Object.assign(error, fields);
  }

  #classOf(error: Error): string | null {
    for (let at: unknown = Object.getPrototypeOf(error); at !== null; at = Object.getPrototypeOf(at)) {
      const { name } = (at as Error).constructor;
      if (this.#byName.get(name)?.prototype === at) return name;
    }
    return null;
  }
}

function isSimple(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
}

function isPassable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
