import type { Sandbox } from '../../sandbox/sandbox.js';
import { parseSeed } from '../../sandbox/world/seed.js';
import { logIn } from '../logins/over_sandbox.js';
import type { Service } from '../service/service.js';

const PHONES = ['+9996610001', '+9996610002', '+9996620001', '+9996620002', '+9996630001'];

/** How many small channels there are: `small1`, `small2`, and so on. */
export const SMALL_CHANNELS = 50;

/** A channel that takes longer to read than any test lasts. */
export const LARGE = 'large';

/** A Telegram of five accounts, many small public channels of a little more than one page each, and a large one. */
export const smallWorld = parseSeed({
  accounts: PHONES.map((phone, index) => ({ phone, id: 7000000001 + index, first_name: `A${index}` })),
  channels: [
    {
      ...{ id: 1000000001, title: 'Small', username: 'small', copies: SMALL_CHANNELS },
      ...{ members: 'everyone', created: '2024-01-31T12:00:00Z' },
      messages: { count: 120, files: 3, largest_file: 3_000 },
    },
    {
      ...{ id: 2000000001, title: 'Large', username: LARGE },
      ...{ members: 'everyone', created: '2020-01-31T12:00:00Z' },
      messages: { count: 100_000 },
    },
  ],
});

/** Logs in this many of its accounts. */
export async function logInSome(world: { service: Service; sandbox: Sandbox }, count: number): Promise<void> {
  for (const phone of PHONES.slice(0, count)) await logIn(world, phone);
}
