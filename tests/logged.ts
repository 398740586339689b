import { Writable } from 'node:stream';
import { createLogger } from '../src/kernel/logging.js';

/** Takes what a logger writes. */
export class Lines extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  /** The entries so far, each of which must be one line of JSON. */
  get entries(): Record<string, unknown>[] {
    const lines = this.text.split('\n');
    if (lines.pop() !== '') throw new Error('the last line does not end');
    return lines.map((line) => JSON.parse(line));
  }
}

/** The one entry that comes of logging `message` with `fields`. */
export function logged(fields: unknown, message = 'something happened'): Record<string, unknown> {
  const stream = new Lines();
  createLogger({ level: 'info', stream }).info(message, fields);
  const [entry] = stream.entries;
  if (!entry) throw new Error('nothing was logged');
  return entry;
}
