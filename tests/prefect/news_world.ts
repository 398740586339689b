import { parseSeed, type Seed } from '../../sandbox/world/seed.js';

/** A Telegram of two accounts, with a public channel `sandbox_news` of so many messages and files. */
export function newsWorld(messages: number, files = 0): Seed {
  return parseSeed({
    accounts: ['+9996610001', '+9996610002'].map((phone, index) => ({
      ...{ phone, id: 7000000001 + index, first_name: `A${index}` },
    })),
    channels: [
      {
        ...{ id: 1000000001, title: 'Sandbox News', username: 'sandbox_news', members: 'everyone' },
        ...{ created: '2024-01-01T00:00:00Z', messages: { count: messages, files, deleted_every: 97 } },
      },
    ],
  });
}
