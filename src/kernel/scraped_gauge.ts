import { Gauge, type Registry } from 'prom-client';

/** How long a value may take to be read, in milliseconds of real time: less than Prometheus waits for an answer. */
const ANSWER_MS = 5_000;

interface Named {
  readonly name: string;
  readonly help: string;
}

/** A gauge that shows a part of what is read on each scrape. */
export interface GaugeOf<Read> extends Named {
  /** Null: there is no value now. */
  readonly value: (read: Read) => number | null;
}

/** A gauge with one value for each value of a label. */
export interface LabelledGaugeOf<Read> extends Named {
  readonly label: string;
  /** Null: there is no value now. */
  readonly values: (read: Read) => Readonly<Record<string, number | null>>;
}

/** A gauge whose value is read on each scrape. */
export interface ScrapedGauge extends Named {
  /** Null: there is no value now. */
  readonly read: () => number | null | Promise<number | null>;
}

/** A gauge with one value for each value of a label, read on each scrape. */
export interface LabelledGauge extends Named {
  readonly label: string;
  /** Null: there is no value now. */
  readonly read: () => Promise<Readonly<Record<string, number | null>>>;
}

/** Registers a gauge. While it cannot be read it has no value, and the others are answered all the same. */
export function registerGauge(registry: Registry, { read, ...named }: ScrapedGauge): void {
  const readInTime = answerInTime(async () => read());
  registerGauges(registry, readInTime, [{ ...named, value: (value) => value }]);
}

/** As `registerGauge`, with a label. */
export function registerLabelledGauge(registry: Registry, { read, ...named }: LabelledGauge): void {
  registerGauges(registry, answerInTime(read), [{ ...named, values: (values) => values }]);
}

/**
 * Registers gauges of one thing, which is read once for all of them on each scrape. `readInTime` is of `answerInTime`:
 * while it answers null, they have no values.
 */
export function registerGauges<Read>(
  registry: Registry,
  readInTime: () => Promise<Read | null>,
  gauges: readonly (GaugeOf<NoInfer<Read>> | LabelledGaugeOf<NoInfer<Read>>)[],
): void {
  for (const gauge of gauges)
    if ('label' in gauge) addLabelled(registry, readInTime, gauge);
    else add(registry, readInTime, gauge);
}

function add<Read>(
  registry: Registry,
  readInTime: () => Promise<Read | null>,
  { name, help, value }: GaugeOf<Read>,
): void {
  new Gauge({
    ...{ name, help, registers: [registry] },
    async collect() {
      const read = await readInTime();
      const number = read === null ? null : value(read);
      if (number === null) this.remove();
      else this.set(number);
    },
  });
}

function addLabelled<Read>(
  registry: Registry,
  readInTime: () => Promise<Read | null>,
  { name, help, label, values }: LabelledGaugeOf<Read>,
): void {
  new Gauge({
    ...{ name, help, registers: [registry], labelNames: [label] },
    async collect() {
      const read = await readInTime();
      this.reset();
      for (const [value, number] of Object.entries(read === null ? {} : values(read)))
        if (number !== null) this.set({ [label]: value }, number);
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
