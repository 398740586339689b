import { describe, expect, it } from '@jest/globals';
import { parseSeed } from '../../sandbox/world/seed.js';
import { logIn, withTelegram } from '../logins/over_sandbox.js';

/** As many accounts as are checked at a time. */
const ACCOUNTS = 20;
const phones = Array.from({ length: ACCOUNTS }, (_, at) => `+999662${String(at + 1000)}`);

const seed = parseSeed({
  accounts: phones.map((phone, at) => ({ phone, id: 7_100_000_000 + at, first_name: `No. ${at}` })),
  channels: [],
});

describe('tests of many sessions', () => {
  it(
    'all return the right result: 500 of them, 20 at once',
    withTelegram(
      async (world) => {
        const sessions: { id: number }[] = [];
        for (const phone of phones) sessions.push(await logIn(world, phone));
        const ask = async ({ id }: { id: number }) => {
          const { body } = await world.service.as('admin').post(`/sessions/${id}/test`);
          return body.is_valid;
        };
        const answers: boolean[] = [];
        for (let round = 0; round < 25; round += 1) answers.push(...(await Promise.all(sessions.map(ask))));
        expect(answers).toHaveLength(500);
        expect(answers.filter((valid) => valid !== true)).toEqual([]);
        expect(world.sandbox.connections.overlaps()).toEqual([]);
      },
      { seed },
    ),
    60_000,
  );
});
