import { describe, expect, it } from '@jest/globals';
import { until } from '../service/manual_time.js';
import { type Journey, withJourney } from './journey.js';
import { Random } from './random.js';
import { calm, channels, type Deed, fault, logInAndOut, test, work } from './turmoil.js';

const SEED = 20250301;
const DEEDS = 200;
/** The number of concurrent clients. */
const LANES = 4;

const SHARES: readonly (readonly [number, Deed])[] = [
  [46, work],
  [18, test],
  [10, channels],
  [8, logInAndOut],
  [12, fault],
  [6, calm],
];

/** How the service may answer; anything else is a bug. Telegram's faults are reported as such. */
const ALLOWED = [
  /^(lease|release|finalize|cancel|delete) 200$/,
  /^lease 503$/,
  /^test (200 true|404|409|429|502|504)$/,
  /^channels (200|404|409|429|502|504)$/,
  /^send-otp (200|409|429|502|504)$/,
  /^verify-otp (200|429|502|504)$/,
  /^verify-otp (400|429|502|504) wrong$/,
  /^(finalize 409|delete 40[49])$/,
  /^work (done|FLOOD_WAIT_1|TimeoutError)$/,
  /^(worker died|calm|fault .*)$/,
];

/** Does them all, a few at a time; how often each outcome came. */
async function turmoil(journey: Journey): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>();
  const tally = (outcome: string) => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const lane = async (random: Random) => {
    for (let turn = 0; turn < DEEDS / LANES; turn += 1) await random.weighted(SHARES)(journey, random, tally);
  };
  await Promise.all(Array.from({ length: LANES }, (_, at) => lane(new Random(SEED + at))));
  return outcomes;
}

/** What happened to a session that should never happen to a good one. */
async function harm({ admin }: Journey, id: number): Promise<unknown[]> {
  const history = await admin.get<{ event: string }[]>(`/sessions/${id}/history?limit=1000`);
  return history
    .must(200)
    .filter(({ event }) =>
      /^(died|dead|suspected|invalidated|missing|duplicate|auth_key_changed)$/.test(event),
    );
}

/** Asks Telegram, once the last floods are over. */
async function expectValid({ admin }: Journey, id: number): Promise<void> {
  const ask = () => admin.post(`/sessions/${id}/test`);
  await until(async () => (await ask()).status === 200);
  expect((await ask()).must(200)).toMatchObject({ is_valid: true, status: 'active' });
}

describe('whatever happens at the same time', () => {
  // In real time: that no two connections meet depends on when sockets really close, and on leases that run
  // out while GramJS, the reaper and the service's own deadlines go on by clocks of their own.
  it(
    'no session is connected twice at once, and none is marked bad for errors of Telegram or the network',
    withJourney(
      async (journey) => {
        const { admin, sandbox } = journey;
        const outcomes = await turmoil(journey);
        const mistakes = [...outcomes.keys()].filter((outcome) => !ALLOWED.some((way) => way.test(outcome)));
        expect(mistakes).toEqual([]);
        for (const must of ['work done', 'test 200 true', 'channels 200', 'worker died', 'verify-otp 200'])
          expect([...outcomes.keys()]).toContain(must);
        sandbox.faults.clear();
        await until(async () => (await admin.sessions()).every(({ status }) => status === 'free'));
        for (const { id } of await admin.sessions()) {
          await expectValid(journey, id);
          expect(await harm(journey, id)).toEqual([]);
        }
        expect(sandbox.connections.overlaps()).toEqual([]);
        expect(sandbox.connections.dropped).toBe(0);
      },
      {
        poolSize: 5,
        settings: { REAPER_INTERVAL_SECONDS: '1' },
        telegramLimits: { connectSeconds: 2, callSeconds: 2, loginSeconds: 6 },
      },
    ),
    90_000,
  );
});
