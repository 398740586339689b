import { Gauge, type Registry } from 'prom-client';

/** How long a value may take to be read, in milliseconds of real time: less than Prometheus waits for an answer. */
const ANSWER_MS = 5_000;

/** A gauge whose value is read on each scrape. */
export interface ScrapedGauge {
  readonly name: string;
  readonly help: string;
  /** Null: there is no value now. */
  readonly read: () => number | null | Promise<number | null>;
}

/** A gauge with one value for each value of a label, read on each scrape. */
export interface LabelledGauge<Value extends string> {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  /** Null: there is no value now. */
  readonly read: () => Promise<Readonly<Record<Value, number | null>>>;
}

/** Registers a gauge. While it cannot be read it has no value, and the others are answered all the same. */
export function registerGauge(registry: Registry, { name, help, read }: ScrapedGauge): void {
  const readInTime = answerInTime(async () => read());
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      const value = await readInTime();
      if (value === null) this.remove();
      else this.set(value);
    },
  });
}

/** As `registerGauge`, with a label. */
export function registerLabelledGauge<Value extends string>(
  registry: Registry,
  { name, help, label, read }: LabelledGauge<Value>,
): void {
  const readInTime = answerInTime(read);
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    async collect() {
      const values = (await readInTime()) ?? {};
      this.reset();
      for (const [value, number] of Object.entries(values))
        if (typeof number === 'number') this.set({ [label]: value }, number);
    },
  });
}

/**
 * Reads at most one value at a time: while one is read, more callers get the same. Null: reading fails, or takes too
 * long, as from a file system that hangs.
 */
export function answerInTime<Value>(
  read: () => Promise<Value>,
  milliseconds: number = ANSWER_MS,
): () => Promise<Value | null> {
  let reading: Promise<Value> | null = null;
  return async () => {
    reading ??= read().finally(() => {
      reading = null;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, milliseconds, null).unref();
    });
    try {
      return await Promise.race([reading, late]);
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  };
}
