import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSeed } from '../../sandbox/world/seed.js';
import { type Journey, type JourneyOptions, startJourney } from '../journeys/journey.js';

/** The accounts and channels that the pages name. The code of accounts without one is 12345. */
const world = parseSeed({
  accounts: [
    { phone: '+9996610001', id: 7000000001, first_name: 'Ada' },
    { phone: '+9996610002', id: 7000000002, first_name: 'Ben' },
    { phone: '+79001234567', id: 7000000003, first_name: 'Cleo' },
  ],
  channels: [
    {
      ...{ id: 1006503122, title: 'News', username: 'durov', members: 'everyone', participants: 48211 },
      ...{ created: '2024-01-01T00:00:00Z', messages: { count: 120, files: 3 } },
    },
    {
      ...{ id: 1000000001, title: 'Sandbox News', username: 'sandbox_news', members: 'everyone' },
      ...{ participants: 100, created: '2024-01-01T00:00:00Z', messages: { count: 40, files: 1 } },
    },
    {
      ...{ id: 1234567890, title: 'Team', kind: 'megagroup', members: ['+9996610001', '+9996610002'] },
      ...{ participants: 2, created: '2024-01-01T00:00:00Z', messages: [{ text: 'Welcome.' }] },
    },
    {
      ...{ id: 1000000002, title: 'Telegram News', username: 'telegram', members: 'everyone' },
      ...{ participants: 100, created: '2024-01-01T00:00:00Z', messages: { count: 3 } },
    },
  ],
});

/** A service as a reader of a page has it, and the directory in which its commands are run. */
export interface Stage {
  readonly journey: Journey;
  /** With `data` and `sessions`, as the service has them by default. */
  readonly directory: string;
  readonly close: () => Promise<void>;
}

/** Starts a service over the world of the pages, with so many sessions in its pool. */
export async function startStage(
  poolSize: number,
  settings: JourneyOptions['settings'] = {},
): Promise<Stage> {
  const { close, ...journey } = await withPrivateFiles(() =>
    startJourney({ seed: world, poolSize, settings }),
  );
  const { service, directory: root } = journey;
  const directory = join(root, 'page');
  mkdirSync(directory);
  const data = join(root, 'sandbox', 'data');
  symlinkSync(data, join(directory, 'data'));
  symlinkSync(service.sessionsDir, join(directory, 'sessions'));
  writeFileSync(join(data, 'admin.key'), `${service.adminKey}\n`, { mode: 0o600 });
  // Where `npm run sandbox` keeps its data.
  symlinkSync(join(root, 'sandbox'), join(data, 'sandbox'));
  return { journey, directory, close };
}

/** As the service does when it is started as a program. */
async function withPrivateFiles<Started>(start: () => Promise<Started>): Promise<Started> {
  const before = process.umask(0o077);
  try {
    return await start();
  } finally {
    process.umask(before);
  }
}

/** Gives every session of the pool the tag that the pages ask for. */
export async function tagAll({ admin }: Journey): Promise<void> {
  (await admin.post('/sessions/bulk', { filter: {}, action: 'tag', tags: ['eu'] })).must(200);
}
