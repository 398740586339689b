import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Api, type TelegramClient } from 'telegram/index.js';
import { long } from '../../sandbox/tl/values.js';
import { fileBytes } from '../../sandbox/world/files.js';
import { channelAccessHash } from '../../sandbox/world/world.js';
import { type TestSandbox, testSandbox } from './gramjs.js';

let telegram: TestSandbox;
let ada: TelegramClient;
beforeAll(async () => {
  telegram = await testSandbox();
  ada = (await telegram.logIn('+9996610001')).client;
});
afterAll(() => telegram.close());

async function channelNamed(client: TelegramClient, username: string): Promise<Api.Channel> {
  const { chats } = await client.invoke(new Api.contacts.ResolveUsername({ username }));
  const [channel] = chats;
  if (!(channel instanceof Api.Channel)) throw new Error('not a channel');
  return channel;
}

test('finds channels and people by their public names', async () => {
  expect(await channelNamed(ada, 'Sandbox_News')).toMatchObject({ title: 'Sandbox News', broadcast: true });
  const cleo = await ada.invoke(new Api.contacts.ResolveUsername({ username: 'cleo_sandbox' }));
  expect(cleo.users).toMatchObject([{ firstName: 'Cleo' }]);
  const resolve = (username: string) => ada.invoke(new Api.contacts.ResolveUsername({ username }));
  await expect(resolve('nobody_here')).rejects.toMatchObject({ errorMessage: 'USERNAME_NOT_OCCUPIED' });
  await expect(resolve('1!')).rejects.toMatchObject({ errorMessage: 'USERNAME_INVALID' });
});

test('returns access hashes digit for digit, each account its own', async () => {
  const { client: ben } = await telegram.logIn('+9996610002');
  const [hers, his] = [await channelNamed(ada, 'sandbox_news'), await channelNamed(ben, 'sandbox_news')];
  expect(String(hers.accessHash)).toBe('-1234567890123456789');
  expect(String(his.accessHash)).toBe('9007199254740993');
  const { id: channelId, accessHash } = hers;
  if (accessHash === undefined) throw new Error('no access hash');
  const channel = new Api.InputChannel({ channelId, accessHash });
  const full = await ada.invoke(new Api.channels.GetFullChannel({ channel }));
  expect(full.fullChat).toMatchObject({
    about: 'A public channel with 5,000 messages.',
    participantsCount: 48211,
  });
  await expect(ben.invoke(new Api.channels.GetFullChannel({ channel }))).rejects.toMatchObject({
    errorMessage: 'CHANNEL_INVALID',
  });
});

test('lists all dialogs, page by page', async () => {
  const { client: eve } = await telegram.logIn('+9996620003');
  const titles = new Set<string>();
  for await (const dialog of eve.iterDialogs({})) titles.add(dialog.title ?? '');
  expect(titles.size).toBe(231);
  expect([...(await ada.getDialogs({}))].map(({ title }) => title).sort()).toEqual([
    'Sandbox Archive',
    'Sandbox News',
    'Sandbox Team',
  ]);
});

test('hides private channels from non-members', async () => {
  const { client: ben } = await telegram.logIn('+9996610002');
  const titles = Array.from(await ben.getDialogs({}), ({ title }) => title);
  expect(titles).toEqual(['Sandbox News']);
  const { world } = telegram.sandbox;
  const [team, viewer] = [world.channels[2], world.account('+9996610002')];
  if (team === undefined || viewer === null) throw new Error('not in the seed');
  const [channelId, accessHash] = [long(team.id), long(channelAccessHash(viewer, team))];
  const channel = new Api.InputChannel({ channelId, accessHash });
  await expect(ben.invoke(new Api.channels.GetFullChannel({ channel }))).rejects.toMatchObject({
    errorMessage: 'CHANNEL_PRIVATE',
  });
});

test('pages through a whole channel without a gap or a repeat', async () => {
  const ids: number[] = [];
  for await (const message of ada.iterMessages('sandbox_news', {})) ids.push(message.id);
  const feed = telegram.sandbox.world.channels[0]?.feed;
  expect(ids).toHaveLength(feed?.count ?? 0);
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
  const upwards: number[] = [];
  for await (const message of ada.iterMessages('sandbox_news', { reverse: true, limit: 250 })) {
    upwards.push(message.id);
  }
  expect(upwards).toEqual(ids.slice(-250).reverse());
});

test('returns what is newer than a message, and no more', async () => {
  const peer = await ada.getInputEntity('sandbox_archive');
  const offsets = { offsetId: 0, offsetDate: 0, addOffset: 0, maxId: 0, hash: long(0n) };
  const page = await ada.invoke(new Api.messages.GetHistory({ ...offsets, peer, limit: 100, minId: 99_990 }));
  if (!(page instanceof Api.messages.ChannelMessages)) throw new Error(page.className);
  expect(page.messages.map(({ id }) => id)).toEqual(Array.from({ length: 10 }, (_, at) => 100_000 - at));
  expect(page.count).toBe(100_000);
});

test('downloads files and photos from other data centres, byte for byte', async () => {
  const { world } = telegram.sandbox;
  const messages = await ada.getMessages('sandbox_news', { limit: 100 });
  const withFiles = messages.filter(({ media }) => media !== undefined && media !== null).slice(0, 5);
  expect(withFiles.map(({ media }) => media?.className)).toContain('MessageMediaPhoto');
  for (const message of withFiles) {
    const post = world.channels[0]?.feed.post(message.id);
    if (!post?.file) throw new Error('no file');
    const bytes = await message.downloadMedia({});
    const wanted = fileBytes(post.file, { offset: 0, length: post.file.size });
    expect(checksum(bytes)).toBe(checksum(wanted));
  }
});

test('downloads from its own data centre in many parts', async () => {
  const team = (await ada.getDialogs({})).find(({ title }) => title === 'Sandbox Team');
  const [film] = await ada.getMessages(team?.inputEntity, { ids: [5] });
  const bytes = await film?.downloadMedia({});
  expect(bytes?.length).toBe(2_500_001);
  expect(telegram.sandbox.connections.overlaps()).toEqual([]);
});

function checksum(bytes: unknown): string {
  if (!Buffer.isBuffer(bytes)) throw new Error('not bytes');
  return createHash('sha256').update(bytes).digest('hex');
}
