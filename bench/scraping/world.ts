import { sandboxSeed } from '../../sandbox/seed.js';
import type { Seed } from '../../sandbox/world/seed.js';

/** The channel that is scraped: 100,000 messages and 2,000 files. */
export const ARCHIVE = 'sandbox_archive';

/** The application of every client: the sandbox accepts any. */
export const APPLICATION = { apiId: 12345, apiHash: '0123456789abcdef0123456789abcdef' };

/** How many accounts there are besides the sandbox's own. */
const WORKERS = 60;

/** Phone numbers of the accounts that read, alternating between the three data centres. */
export const WORKER_PHONES = Array.from(
  { length: WORKERS },
  (_, at) => `+99966${(at % 3) + 1}1${String(at).padStart(3, '0')}`,
);

/** The sandbox's world, with many more accounts. */
export const benchSeed: Seed = {
  ...sandboxSeed,
  accounts: [
    ...sandboxSeed.accounts,
    ...WORKER_PHONES.map((phone, at) => ({
      ...{ phone, id: 8_000_000_000n + BigInt(at), first_name: `Worker ${at}`, code_via: 'app' as const },
    })),
  ],
};

/** The login code of a test number. */
export function codeOf(phone: string): string {
  return (phone.at(6) ?? '').repeat(5);
}
