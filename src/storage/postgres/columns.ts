import { bigint, customType } from 'drizzle-orm/pg-core';

/** Milliseconds on the service's clock, or an id of ours: whole numbers that JavaScript holds exactly. */
export const whole = (name: string) => bigint(name, { mode: 'number' });

/** An id that is never given twice. */
export const identity = () => whole('id').primaryKey().generatedAlwaysAsIdentity();

/** A value kept as JSON text, as SQLite keeps it. */
export const jsonText = <Value>(name: string) =>
  customType<{ data: Value; driverData: string }>({
    dataType: () => 'text',
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (text) => JSON.parse(text),
  })(name);

/** Bytes: the digest of an auth key. */
export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
