import { describe, expect, it } from '@jest/globals';
import { type Journey, logIn, withJourney } from './journey.js';

/** The JSON of the channel, as it came: parsing it would round what a double can't hold. */
async function channelText({ admin }: Journey, session: number, title: string): Promise<string> {
  const { text } = await admin.get(`/sessions/${session}/channels`);
  const channel = text.split('},{').find((part) => part.includes(`"title":"${title}"`));
  if (channel === undefined) throw new Error(`${title} is not in ${text}`);
  return channel;
}

describe("Telegram's numbers in the answers", () => {
  it.each([
    ['negative', '+9996610001', '-1234567890123456789'],
    ['just beyond what a double can hold', '+9996610002', '9007199254740993'],
  ])('keep every digit if an access hash is %s', (_, phone, hash) =>
    withJourney(async (journey) => {
      const session = await logIn(journey, phone);
      const news = await channelText(journey, session, 'Sandbox News');
      expect(news).toMatch(new RegExp(`"access_hash":${hash}[,}]`));
      expect(news).toContain('"id":1000000001,');
    })(),
  );

  it(
    'are the same as at Telegram for every channel, half of them negative',
    withJourney(async (journey) => {
      const { admin, sandbox } = journey;
      const session = await logIn(journey, '+9996620003');
      const { text } = await admin.get(`/sessions/${session}/channels`);
      const told = [...text.matchAll(/"access_hash":(-?\d+)/g)].map(([, digits = '']) => BigInt(digits));
      const ids = [...text.matchAll(/"id":(\d+)/g)].map(([, digits = '']) => digits);
      expect(new Set(ids)).toEqual(new Set(idsSeenBy(journey, '+9996620003')));
      expect(told).toHaveLength(ids.length);
      expect(told.filter((hash) => hash < 0n).length).toBeGreaterThan(50);
      expect(new Set(told).size).toBe(told.length);
      expect(sandbox.connections.overlaps()).toEqual([]);
    }),
  );

  it(
    "keep every digit of an account's id above 2^32",
    withJourney(async (journey) => {
      const phone_number = '+9996630001';
      await logIn(journey, phone_number);
      const answer = await journey.admin.post('/sessions/get-code', { phone_number });
      expect(answer.must(200)).toMatchObject({ status: 'session_exists', account_id: '1099511627775' });
    }),
  );
});

function idsSeenBy({ sandbox: { world } }: Journey, phone: string): string[] {
  const account = world.account(phone);
  return account === null ? [] : world.channelsOf(account).map(({ id }) => id.toString());
}
