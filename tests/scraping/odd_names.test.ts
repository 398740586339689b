import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { S3Server } from '../../sandbox/s3/server.js';
import type { Sandbox } from '../../sandbox/sandbox.js';
import { fileBytes } from '../../sandbox/world/files.js';
import { parseSeed } from '../../sandbox/world/seed.js';
import { logIn, withTelegram } from '../logins/over_sandbox.js';
import type { Service } from '../service/service.js';
import { hashOf, idsOf, lastRun, linesOf, makeSource } from './scraped.js';

const ADA = '+9996610001';

/** Names as sent, and the names they are stored under. */
const NAMES: readonly (readonly [string, string])[] = [
  [`${'я'.repeat(198)}.pdf`, `${'я'.repeat(98)}.pdf`],
  ['../../etc/passwd', '__.._etc_passwd'],
  ['..', '_'],
  ['a/b\\c.txt', 'a_b_c.txt'],
  ['nul\u0000inside.txt', 'nul_inside.txt'],
  ['trailing. . .', 'trailing'],
  ['CON', '_CON'],
  ['lpt1.tar.gz', '_lpt1.tar.gz'],
  ['a:b*c?"<d>|.txt', 'a_b_c___d__.txt'],
  ['photo\u202Egpj.exe', 'photo_gpj.exe'],
  ['\u200Fשלום.PDF', '\u200Fשלום.PDF'],
  ['Отчёт 👩‍👩‍👧 100% #1+2&=.zip', 'Отчёт 👩‍👩‍👧 100% #1+2&=.zip'],
];

const ODD = parseSeed({
  accounts: [{ phone: ADA, id: 7000000001, first_name: 'Ada' }],
  channels: [
    {
      ...{ id: 1000000001, title: 'Odd', username: 'odd_names', members: 'everyone' },
      created: '2024-01-10T12:00:00Z',
      messages: NAMES.map(([name], index) => ({
        text: name,
        file: { type: 'text', name, size: 100 + index },
      })),
    },
  ],
});

/** The checksums of the channel's files by message, as the data centre has them. */
function checksums({ world }: Sandbox): Map<number, string> {
  const [channel] = world.channels;
  const known = new Map<number, string>();
  for (let id = 1; channel && id <= channel.feed.lastId; id += 1) {
    const file = channel.feed.post(id)?.file;
    if (file) {
      const bytes = fileBytes(file, { offset: 0, length: file.size });
      known.set(id, createHash('sha256').update(bytes).digest('hex'));
    }
  }
  return known;
}

/** The files of the source's run, as the API lists them. */
async function filesOf(service: Service, id: number) {
  const run = await lastRun(service, id);
  expect(run).toMatchObject({ state: 'completed', error: null });
  const { body } = await service.as('admin').get(`/runs/${run.id}/files`).expect(200);
  return body as { message_id: number; path: string; name: string; sha256: string }[];
}

describe('files with odd names', () => {
  it(
    'are stored under portable names, and reported under the names given by their senders',
    withTelegram(
      async (world) => {
        const { service, sandbox } = world;
        await logIn(world, ADA);
        const id = await makeSource(service, 'odd_names');
        const files = await filesOf(service, id);
        const stored = files.map(({ message_id, path }) =>
          path.replace(`source-${id}/files/2024-01/${message_id}_`, ''),
        );
        expect(stored).toEqual(NAMES.map(([, safe]) => safe));
        // Not every database can store U+0000.
        expect(files.map(({ name }) => name)).toEqual(NAMES.map(([name]) => name.replace('\0', '\ufffd')));
        expect(linesOf(service, id).map((line) => line.id)).toEqual(idsOf(sandbox, 'Odd'));
        const known = checksums(sandbox);
        for (const { message_id, path } of files) expect(hashOf(service, path)).toBe(known.get(message_id));
      },
      { seed: ODD },
    ),
  );

  it(
    'are selected by their extensions, however those are spelled',
    withTelegram(
      async (world) => {
        await logIn(world, ADA);
        const file_types = [' .PDF', 'Exe ', '..tar'];
        const id = await makeSource(world.service, 'odd_names', { file_types });
        const chosen = NAMES.filter(([name]) => /\.(pdf|exe)$/i.test(name)).map(([name]) => name);
        expect((await filesOf(world.service, id)).map(({ name }) => name)).toEqual(chosen);
      },
      { seed: ODD },
    ),
  );

  it('are stored in S3 under keys of any characters', async () => {
    const server = await S3Server.start('bucket');
    const { endpoint, bucket, accessKeyId, secretAccessKey } = server.config('bucket');
    const settings = {
      ...{ S3_ENDPOINT: `${endpoint}`, S3_BUCKET: `${bucket}` },
      ...{ S3_ACCESS_KEY_ID: `${accessKeyId}`, S3_SECRET_ACCESS_KEY: `${secretAccessKey}` },
    };
    const target_path = 'a b+c=d&e?f#g%20h/Новости 😀';
    const test = withTelegram(
      async (world) => {
        await logIn(world, ADA);
        const id = await makeSource(world.service, 'odd_names', { target: 'S3', target_path });
        const files = await filesOf(world.service, id);
        const names = NAMES.map(([, safe], index) => `${target_path}/files/2024-01/${index + 2}_${safe}`);
        expect(files.map(({ path }) => path)).toEqual(names);
        expect((await server.keys('bucket')).sort()).toEqual(
          [...names, `${target_path}/messages/2024-01.jsonl`, `${target_path}/.telegate-source`].sort(),
        );
      },
      { seed: ODD, settings },
    );
    await test().finally(() => server.close());
  });
});
