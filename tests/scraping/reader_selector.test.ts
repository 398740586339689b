import { describe, expect, it } from '@jest/globals';
import type { Lease } from '../../src/pool/store.js';
import type { RunContext } from '../../src/scraping/reader.js';
import { ReaderSelector, type ReaderSelectorParts } from '../../src/scraping/reader_selector.js';
import type { RunWait, SessionRequest } from '../../src/scraping/run_leases.js';
import type { Source } from '../../src/sources/store.js';

const NOW = 5_000;
const NEVER = new AbortController().signal;
const WITH_BOT = { accessLevel: 'public', botToken: 'encrypted', identifier: '@news' } as const;
const WITHOUT = { ...WITH_BOT, botToken: null };

interface World {
  readonly source?: Partial<Source>;
  /** The sessions that are free now, and those that the queue yields in turn. */
  readonly free?: readonly number[];
  readonly queued?: readonly number[];
  readonly denied?: readonly number[];
  readonly botTried?: boolean;
  /** The source's bot can't be used. */
  readonly brokenBot?: boolean;
  readonly signal?: AbortSignal;
}

/** Selects the next reader; returns the requests to the pool, in words, and the result. */
async function select(world: World) {
  const events: string[] = [];
  const free = [...(world.free ?? [])];
  const queued = [...(world.queued ?? [])];
  const leaseOf = (sessionId: number) => ({ sessionId, sessionName: `s${sessionId}`, leaseId: 'l' }) as Lease;
  const leases = {
    async acquire({ sessionId, method, except = [] }: SessionRequest, wait: RunWait | null) {
      events.push(wait ? `wait ${wait.seconds} s` : 'take', `for ${sessionId} ${method}`);
      if (wait) await wait.onWaiting();
      const found = (wait ? queued : free.filter((id) => !except.includes(id))).shift();
      return found === undefined ? null : leaseOf(found);
    },
    async giveBack({ sessionId }: Lease) {
      events.push(`give back ${sessionId}`);
    },
    hold: (lease: Lease) => ({ lease, lost: NEVER, release: async () => undefined }),
  };
  const bots = { of: async () => (world.brokenBot ? null : { name: 'bot17', session: null }) };
  const runs = {
    async mark(id: number, owner: string, state: string, session: string | null, now: number) {
      events.push(`${owner} marks ${id} ${state} ${session} ${now}`);
      return true;
    },
  };
  const states = { free: 0, leased: 1, cooldown: 0, flood: 1, used_up: 0 };
  const parts = {
    ...{ leases, bots, runs, pool: { counts: async () => ({ states }) }, clock: { now: () => NOW } },
    onChanged: (runId: number) => events.push(`changed ${runId}`),
  } as unknown as ReaderSelectorParts;
  const context = {
    run: { id: 3, owner: 'owner' },
    source: { id: 1, sessionId: null, ...WITHOUT, ...world.source },
    signal: world.signal ?? NEVER,
    deniedSessions: new Set(world.denied),
    botTried: world.botTried ?? false,
  } as unknown as RunContext;
  const selection = await new ReaderSelector(parts).next(context);
  const reader = selection.kind === 'reader' ? selection.reader.name : null;
  return { selection, reader, events, context };
}

const WAITS = ['wait 300 s', 'for null messages.getHistory', 'owner marks 3 waiting null 5000', 'changed 3'];
const TAKES = ['take', 'for null messages.getHistory'];

describe('the next reader of a run', () => {
  it('is the session that the queue yields', async () => {
    const { reader, events } = await select({ queued: [1], free: [2] });
    expect(reader).toBe('s1');
    expect(events).toEqual(WAITS);
  });

  it('is the only session that may read the source', async () => {
    const { events } = await select({ source: { sessionId: 7 }, queued: [7] });
    expect(events[1]).toBe('for 7 messages.getHistory');
  });

  it('is a session that is free now rather than the bot', async () => {
    const { reader, events, context } = await select({ source: WITH_BOT, free: [1] });
    expect(reader).toBe('s1');
    expect(events).toEqual(TAKES);
    expect(context.botTried).toBe(false);
  });

  it('is the bot while no session is free', async () => {
    const { reader, events, context } = await select({ source: WITH_BOT, queued: [1] });
    expect(reader).toBe('bot17');
    expect(events).toEqual(TAKES);
    expect(context.botTried).toBe(true);
  });

  it('is the bot where the only free session has no access', async () => {
    const { reader, events } = await select({ source: WITH_BOT, free: [1], denied: [1] });
    expect(reader).toBe('bot17');
    expect(events).toEqual(TAKES);
  });

  it.each<[string, World]>([
    ['had its turn', { source: WITH_BOT, botTried: true }],
    ['could not find a private channel', { source: { ...WITH_BOT, accessLevel: 'private' } }],
    ['could not find a channel by its id', { source: { ...WITH_BOT, identifier: '1000000001' } }],
    ['is not there', { source: WITHOUT }],
  ])('is a session of the queue where the bot %s', async (_what, world) => {
    const { reader, events } = await select({ ...world, queued: [1], free: [2] });
    expect(reader).toBe('s1');
    expect(events).toEqual(WAITS);
  });

  it('is a session of the queue where the bot cannot be used', async () => {
    const { reader, events, context } = await select({ source: WITH_BOT, brokenBot: true, queued: [1] });
    expect(reader).toBe('s1');
    expect(events).toEqual([...TAKES, ...WAITS]);
    expect(context.botTried).toBe(true);
  });

  it('is nobody where no session comes', async () => {
    const { selection, events } = await select({});
    expect(selection).toMatchObject({
      kind: 'deferred',
      error: 'no session is free',
      notBefore: NOW + 1_000,
    });
    expect(events).toEqual(WAITS);
  });

  it('is a free one that was not tried, before one without access that would come first', async () => {
    const { reader, events } = await select({ free: [1, 2], queued: [1], denied: [1] });
    expect(reader).toBe('s2');
    expect(events).toEqual(TAKES);
  });

  it('is nobody where a session without access comes again, which is given back', async () => {
    const { selection, events } = await select({ queued: [1], denied: [1] });
    expect(selection).toMatchObject({
      kind: 'deferred',
      error: '1 sessions that were not tried are not free',
      notBefore: NOW + 30_000,
    });
    expect(events).toEqual([...TAKES, ...WAITS, 'give back 1']);
    const { selection: last } = await select({ queued: [1], denied: [1, 2] });
    expect(last).toMatchObject({ kind: 'failed', error: expect.stringContaining('(2 tried)') });
  });

  it('is nobody any more once the run is aborted', async () => {
    const signal = AbortSignal.abort(new Error('ended'));
    await expect(select({ signal })).rejects.toThrow('ended');
    await expect(select({ signal, source: WITH_BOT })).rejects.toThrow('ended');
  });
});
