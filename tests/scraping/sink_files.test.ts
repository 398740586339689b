import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { filesBelow } from '../../sandbox/s3/objects.js';
import type { NamedFile } from '../../src/scraping/sinks/sink.js';
import { ALL_TARGETS, lines, NEVER, StoringPlace } from './storing.js';

const JANUARY = Date.UTC(2024, 0, 31, 23, 59, 59) / 1000;
const REPORT: NamedFile = { messageId: 5, date: JANUARY, name: 'Отчёт ../2024.PDF' };
const REPORT_PATH = 'tech/news/files/2024-01/5_Отчёт .._2024.PDF';

async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

describe.each(ALL_TARGETS)('files in %s', (target) => {
  let place: StoringPlace;

  beforeEach(async () => {
    place = await StoringPlace.make(target);
  });
  afterEach(() => place.remove());

  /** All incomplete files on the machine. */
  async function temporaries(): Promise<string[]> {
    const all = await filesBelow(join(place.dataDir, '..'));
    return all.filter((path) => path.includes('.part-'));
  }

  it('are stored in the month of their message, under a safe name, and their checksum is returned', async () => {
    const sink = await place.open();
    const arrived = await sink.store(REPORT, pieces('two ', 'pieces'), NEVER);
    expect(arrived).toMatchObject({ sizeBytes: 10, sha256: sha256('two pieces') });
    expect(await place.paths()).not.toContain(REPORT_PATH);
    expect(await arrived.keep(NEVER)).toBe(REPORT_PATH);
    expect(await place.text(REPORT_PATH)).toBe('two pieces');
    expect(await temporaries()).toEqual([]);
    await sink.close();
  });

  it('are dropped without a trace if their content is known', async () => {
    const sink = await place.open();
    const arrived = await sink.store(REPORT, pieces('known'), NEVER);
    await arrived.drop();
    expect(await place.paths()).toEqual([]);
    expect(await temporaries()).toEqual([]);
    await sink.close();
  });

  it('may be empty', async () => {
    const sink = await place.open();
    const arrived = await sink.store(REPORT, pieces(), NEVER);
    expect(arrived).toMatchObject({ sizeBytes: 0, sha256: sha256('') });
    await arrived.keep(NEVER);
    expect(await place.text(REPORT_PATH)).toBe('');
    await sink.close();
  });

  it('replace what an earlier attempt left in their place', async () => {
    const sink = await place.open();
    await (await sink.store(REPORT, pieces('longer than the next'), NEVER)).keep(NEVER);
    await (await sink.store(REPORT, pieces('the next'), NEVER)).keep(NEVER);
    await sink.close();
    expect(await place.text(REPORT_PATH)).toBe('the next');
    expect((await place.paths()).filter((path) => path.includes('/files/'))).toEqual([REPORT_PATH]);
  });

  it('that were not recorded are deleted when the sink is next opened, and those that were stay', async () => {
    const left = await place.open();
    await left.append(lines(5), '2024-02', 5, NEVER);
    const recorded = await left.commit(true, NEVER);
    // A date that goes back to the previous month, and in each month a message beyond what is recorded.
    const stored = [
      { ...REPORT, date: JANUARY },
      { ...REPORT, messageId: 6, date: JANUARY },
      { ...REPORT, messageId: 7, date: JANUARY + 100 },
    ];
    for (const file of stored) await (await left.store(file, pieces('content'), NEVER)).keep(NEVER);
    await left.close();
    await (await place.open(recorded)).close();
    expect((await place.paths()).filter((path) => path.includes('/files/'))).toEqual([REPORT_PATH]);
  });

  it('left incomplete by an interrupted run are deleted when the sink is next opened', async () => {
    const left = await place.open();
    await left.store(REPORT, pieces('arrived, and neither kept nor dropped'), NEVER);
    expect(await temporaries()).toHaveLength(1);
    const sink = await place.open();
    expect(await temporaries()).toEqual([]);
    await sink.close();
    await left.close();
  });

  it('leave nothing behind when their content fails, and the failure is passed on', async () => {
    const sink = await place.open();
    const failure = Object.assign(new Error('lost'), { code: 'ECONNRESET', syscall: 'read' });
    async function* broken() {
      yield Buffer.from('the first half');
      throw failure;
    }
    await expect(sink.store(REPORT, broken(), NEVER)).rejects.toBe(failure);
    expect(await temporaries()).toEqual([]);
    await sink.close();
  });

  it('leave nothing behind when the run is ended, even if their content hangs', async () => {
    const sink = await place.open();
    const end = new AbortController();
    async function* hanging() {
      yield Buffer.from('the first half');
      queueMicrotask(() => end.abort(new Error('ended')));
      await new Promise(() => undefined);
    }
    await expect(sink.store(REPORT, hanging(), end.signal)).rejects.toThrow('ended');
    expect(await temporaries()).toEqual([]);
    await sink.close();
  });

  it('of 40 MiB are streamed, no faster than they can be written', async () => {
    const sink = await place.open();
    const piece = randomBytes(2 ** 20);
    const whole = createHash('sha256');
    let given = 0;
    async function* many() {
      for (; given < 40; given += 1) {
        whole.update(piece);
        yield piece;
      }
    }
    const arrived = await sink.store({ ...REPORT, name: 'large.bin' }, many(), NEVER);
    expect(arrived).toMatchObject({ sizeBytes: 40 * 2 ** 20, sha256: whole.digest('hex') });
    const path = await arrived.keep(NEVER);
    expect(await place.checksum(path)).toBe(arrived.sha256);
    await sink.close();
  });
});
