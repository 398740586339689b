import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { NO_FORM } from '../../src/runs/rules.js';
import type { ReadingAccount } from '../../src/scraping/reader.js';
import { READ_AHEAD } from '../../src/scraping/split/rules.js';
import { type SplitContext, SplitHistory } from '../../src/scraping/split/split_history.js';
import type { Message, MessagesAfter } from '../../src/telegram/message.js';
import { NEVER } from './storing.js';

const CHANNEL = { channelId: '7', accessHash: '1', title: 'Many', username: 'many' };

/** Every seventh id is missing, and a stretch longer than a range. */
const exists = (id: number) => id % 7 !== 0 && !(id > 3_000 && id < 5_500);

/** A writer that stores when it is let to. */
class Written {
  readonly ids: number[] = [];
  messagesRead = 0;
  position = 0;
  gate: Promise<void> = Promise.resolve();
  readonly files = {
    bytesOf: () => 0,
    fetch: (_account: unknown, messages: readonly Message[]) => ({
      files: messages.map(() => null),
      stop() {},
    }),
  };

  async store(_channel: unknown, page: MessagesAfter): Promise<void> {
    await this.gate;
    this.ids.push(...page.messages.map(({ id }) => id));
    this.messagesRead += page.messages.length;
    this.position = page.lastId;
  }
}

class Around {
  readonly written = new Written();
  readonly history: SplitHistory;
  readonly upTo: number;

  constructor(upTo: number, limit: number | null = null) {
    this.upTo = upTo;
    const run = { ...NO_FORM, limit };
    const context = { run, writer: this.written, saveTotal: async () => undefined };
    const whole = { after: 0, upTo };
    this.history = new SplitHistory(context as unknown as SplitContext, CHANNEL, whole, 500);
  }

  get expected(): number[] {
    return Array.from({ length: this.upTo }, (_, at) => at + 1).filter(exists);
  }

  /** An account whose requests do as `before` does. The channel goes on beyond what is split. */
  account(before: () => Promise<void> = () => setImmediate()): ReadingAccount {
    return {
      async messagesAfter(_peer: unknown, afterId: number, limit: number) {
        await before();
        const messages: Message[] = [];
        let id = afterId + 1;
        for (; messages.length < limit && id <= afterId + 5_000; id += 1) {
          if (exists(id))
            messages.push({ id, date: 1, text: '', entities: [], file: null } as unknown as Message);
        }
        return { messages, lastId: messages.at(-1)?.id ?? afterId, total: null };
      },
    } as unknown as ReadingAccount;
  }

  read(isExtra: boolean, account = this.account(), signal = NEVER) {
    const reader = { isExtra, isLeaving: false, pages: 0 };
    return { reader, ended: this.history.read(reader, account, CHANNEL, signal) };
  }
}

/** A promise, and what settles it. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('a history that several read', () => {
  it('is stored in order, each message once', async () => {
    const around = new Around(20_000);
    const storing = around.history.store(NEVER);
    const readers = [around.read(false), ...Array.from({ length: 7 }, () => around.read(true))];
    await Promise.all([storing, ...readers.map(({ ended }) => ended)]);
    expect(around.written.ids).toEqual(around.expected);
    for (const { reader } of readers) expect(reader.pages).toBeGreaterThan(10);
    expect(around.history).toMatchObject({ isStored: true, readers: 0, held: { messages: 0, bytes: 0 } });
  });

  it('is stored in order whoever fails, leaves and comes', async () => {
    const around = new Around(20_000);
    const storing = around.history.store(NEVER);
    let calls = 0;
    const failing = around.account(async () => {
      await setImmediate();
      calls += 1;
      if (calls % 13 === 0) throw new Error('failed');
    });
    const again = async (isExtra: boolean): Promise<void> => {
      while (!around.history.isStored) {
        const { reader, ended } = around.read(isExtra, failing);
        if (calls % 3 === 0) reader.isLeaving = true;
        await ended.catch((error: Error) => expect(error.message).toBe('failed'));
        await setImmediate();
      }
    };
    await Promise.all([storing, again(false), again(true), again(true), again(true)]);
    expect(around.written.ids).toEqual(around.expected);
  });

  it('is read ahead only as far as is allowed, and goes on once there is room', async () => {
    const around = new Around(60_000);
    const { open, opened } = gate();
    around.written.gate = opened;
    const storing = around.history.store(NEVER);
    const readers = [around.read(false), ...Array.from({ length: 7 }, () => around.read(true))];
    let held = -1;
    while (around.history.held.messages !== held) {
      held = around.history.held.messages;
      for (let turn = 0; turn < 50; turn += 1) await setImmediate();
    }
    expect(held).toBeLessThanOrEqual(READ_AHEAD.messages);
    expect(held).toBeGreaterThan(READ_AHEAD.messages - 8 * 100);
    open();
    await Promise.all([storing, ...readers.map(({ ended }) => ended)]);
    expect(around.written.ids).toEqual(around.expected);
  });

  it('does not stand still when the reader of its oldest part is lost while nothing more fits', async () => {
    const around = new Around(60_000);
    const storing = around.history.store(NEVER);
    const lost = new AbortController();
    const { opened } = gate();
    const own = around.read(
      false,
      around.account(() => opened),
      lost.signal,
    );
    const extras = Array.from({ length: 7 }, () => around.read(true));
    const isFull = () => around.history.held.messages > READ_AHEAD.messages - 8 * 100;
    while (!isFull()) await setImmediate();
    lost.abort(new Error('lost'));
    await expect(own.ended).rejects.toThrow('lost');
    await Promise.all([storing, ...extras.map(({ ended }) => ended)]);
    expect(around.written.ids).toEqual(around.expected);
  });

  it('lets a reader leave that waits for room', async () => {
    const around = new Around(60_000);
    const { open, opened } = gate();
    around.written.gate = opened;
    const storing = around.history.store(NEVER);
    const own = around.read(false);
    const extra = around.read(true);
    const isFull = () => around.history.held.messages > READ_AHEAD.messages - 2 * 100;
    while (!isFull()) await setImmediate();
    extra.reader.isLeaving = true;
    around.history.changed.tell();
    await extra.ended;
    open();
    await Promise.all([storing, own.ended]);
    expect(around.written.ids).toEqual(around.expected);
  });

  it('ends at the limit of the run', async () => {
    const around = new Around(20_000, 6_050);
    const storing = around.history.store(NEVER);
    const readers = [around.read(false), around.read(true), around.read(true)];
    await Promise.all([storing, ...readers.map(({ ended }) => ended)]);
    expect(around.written.ids).toEqual(around.expected.slice(0, 6_050));
    expect(around.written.position).toBe(around.expected[6_049]);
  });

  it('keeps the last extra reader for what others may leave, and lets the others go', async () => {
    const around = new Around(1_000);
    const { open, opened } = gate();
    around.written.gate = opened;
    const storing = around.history.store(NEVER);
    const [one, two, three] = [around.read(true), around.read(true), around.read(true)];
    await Promise.race([one.ended, two.ended, three.ended]);
    while (around.history.readers > 1) await setImmediate();
    expect(around.history.readers).toBe(1);
    open();
    await Promise.all([storing, one.ended, two.ended, three.ended]);
    expect(around.written.ids).toEqual(around.expected);
  });

  it('ends for all with the error of the writer', async () => {
    const around = new Around(20_000);
    const over = new AbortController();
    const { written } = around;
    written.store = () => Promise.reject(new Error('the disk is gone'));
    const storing = around.history.store(over.signal).catch((error: unknown) => over.abort(error));
    const readers = [
      around.read(false, around.account(), over.signal),
      around.read(true, around.account(), over.signal),
    ];
    for (const { ended } of readers) await expect(ended).rejects.toThrow('the disk is gone');
    await storing;
    expect(around.history.readers).toBe(0);
  });
});
