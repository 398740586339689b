import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Checkpoint } from '../../src/runs/store.js';
import { ALL_TARGETS, lines, NEVER, NOTHING_STORED, StoringPlace } from './storing.js';

const JANUARY = 'tech/news/messages/2024-01.jsonl';
const FEBRUARY = 'tech/news/messages/2024-02.jsonl';

describe.each(ALL_TARGETS)('messages in %s', (target) => {
  let place: StoringPlace;

  beforeEach(async () => {
    place = await StoringPlace.make(target);
  });
  afterEach(() => place.remove());

  /** Stores and records messages, as a complete run does. */
  async function record(checkpoint: Checkpoint, month: string, ...ids: number[]): Promise<Checkpoint> {
    const sink = await place.open(checkpoint);
    await sink.append(lines(...ids), month, ids.at(-1) ?? 0, NEVER);
    const recorded = await sink.commit(true, NEVER);
    await sink.close();
    return recorded;
  }

  it('are in the file of their month once they are committed', async () => {
    const recorded = await record(NOTHING_STORED, '2024-01', 1, 2);
    expect(recorded).toEqual({ lastMessageId: 2, monthPath: JANUARY, monthBytes: lines(1, 2).length });
    expect(await record(recorded, '2024-01', 3)).toMatchObject({ lastMessageId: 3 });
    expect(await place.text(JANUARY)).toBe(lines(1, 2, 3).toString());
    expect(await place.paths()).toEqual([JANUARY]);
  });

  it('are recorded as read if they left nothing to store', async () => {
    const sink = await place.open();
    await sink.append(lines(), '2024-01', 9, NEVER);
    expect(await sink.commit(true, NEVER)).toEqual({ ...NOTHING_STORED, lastMessageId: 9 });
    await sink.append(lines(10), '2024-01', 10, NEVER);
    await sink.append(lines(), '2024-02', 11, NEVER);
    expect(await sink.commit(true, NEVER)).toMatchObject({ lastMessageId: 11, monthPath: JANUARY });
    await sink.close();
  });

  it('continue in a new file with a new month, and stay there when a date goes back over the boundary', async () => {
    const sink = await place.open();
    await sink.append(lines(1), '2024-01', 1, NEVER);
    await sink.append(lines(2), '2024-02', 2, NEVER);
    await sink.append(lines(3), '2024-01', 3, NEVER);
    const recorded = await sink.commit(true, NEVER);
    await sink.close();
    expect(recorded).toEqual({ lastMessageId: 3, monthPath: FEBRUARY, monthBytes: lines(2, 3).length });
    await record(recorded, '2024-01', 4);
    expect(await place.text(JANUARY)).toBe(lines(1).toString());
    expect(await place.text(FEBRUARY)).toBe(lines(2, 3, 4).toString());
  });

  it('that were not recorded are deleted, whether committed or not, and from later months too', async () => {
    const recorded = await record(NOTHING_STORED, '2024-01', 1, 2);
    const left = await place.open(recorded);
    await left.append(lines(3, 4), '2024-01', 4, NEVER);
    await left.commit(true, NEVER);
    await left.append(lines(5), '2024-02', 5, NEVER);
    await left.commit(true, NEVER);
    await left.append(lines(6), '2024-02', 6, NEVER);

    const sink = await place.open(recorded);
    expect(await sink.commit(true, NEVER)).toEqual(recorded);
    await sink.close();
    await left.close();
    expect(await place.text(JANUARY)).toBe(lines(1, 2).toString());
    expect(await place.paths()).toEqual([JANUARY]);
    await record(recorded, '2024-01', 3);
    expect(await place.text(JANUARY)).toBe(lines(1, 2, 3).toString());
  });

  it('are stored exactly once by a run that is interrupted at every step', async () => {
    const ids = Array.from({ length: 12 }, (_, index) => index + 1);
    const monthFor = (id: number) => (id <= 4 ? '2024-01' : '2024-02');
    let recorded = NOTHING_STORED;
    for (let step = 0; recorded.lastMessageId < 12; step += 1) {
      const sink = await place.open(recorded);
      const next = ids.filter((id) => id > recorded.lastMessageId).slice(0, 2);
      for (const id of next) await sink.append(lines(id), monthFor(id), id, NEVER);
      // Interrupted before the commit, between commit and record, and after the record, in turn.
      if (step % 3 > 0) {
        const committed = await sink.commit(true, NEVER);
        if (step % 3 === 2) recorded = committed;
      }
      await sink.close();
    }
    expect(await place.text(JANUARY)).toBe(lines(1, 2, 3, 4).toString());
    expect(await place.text(FEBRUARY)).toBe(lines(...ids.slice(4)).toString());
  });

  it('are noticed if missing, and nothing is created in their place', async () => {
    const recorded = await record(NOTHING_STORED, '2024-01', 1);
    const more = { ...recorded, monthBytes: recorded.monthBytes + 1 };
    await expect(place.open(more)).rejects.toMatchObject({ name: 'SinkFailed', target, path: JANUARY });
    const gone = { ...recorded, monthPath: FEBRUARY };
    await expect(place.open(gone)).rejects.toMatchObject({
      name: 'SinkFailed',
      path: FEBRUARY,
      retryable: false,
    });
    expect(await place.paths()).toEqual([JANUARY]);
  });

  it('of another source are not touched', async () => {
    await record(NOTHING_STORED, '2024-01', 1);
    place.source = { ...place.source, id: 8 };
    await expect(place.open()).rejects.toMatchObject({
      name: 'SinkFailed',
      message: expect.stringContaining('a source with the id 7 has stored there'),
    });
    expect(await place.text(JANUARY)).toBe(lines(1).toString());
    // The same id in another database.
    place.source = { ...place.source, id: 7, createdAt: 5 };
    await expect(place.open()).rejects.toMatchObject({ name: 'SinkFailed' });
  });

  it('continue where they are until the month ends, if the source gets another path', async () => {
    const recorded = await record(NOTHING_STORED, '2024-01', 1);
    place.source = { ...place.source, targetPath: null };
    const inJanuary = await record(recorded, '2024-01', 2);
    expect(inJanuary.monthPath).toBe(JANUARY);
    expect((await record(inJanuary, '2024-02', 3)).monthPath).toBe('source-7/messages/2024-02.jsonl');
    expect(await place.text(JANUARY)).toBe(lines(1, 2).toString());
  });

  it('are not added once the run has ended', async () => {
    const sink = await place.open();
    const ended = AbortSignal.abort(new Error('ended'));
    await expect(sink.append(lines(1), '2024-01', 1, ended)).rejects.toThrow('ended');
    await expect(sink.commit(true, ended)).rejects.toThrow('ended');
    await sink.close();
    await expect(place.open(NOTHING_STORED, ended)).rejects.toThrow('ended');
  });
});
