import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fileBytes } from '../../sandbox/world/files.js';
import { TelegramUnreachable } from '../../src/telegram/errors.js';
import type { Channel, ConnectedAccount } from '../../src/telegram/gateway.js';
import type { MediaFile, Message } from '../../src/telegram/message.js';
import { channelCalled, type GatewayUnderTest, gatewayUnderTest } from './gateway_under_test.js';

let under: GatewayUnderTest;
beforeAll(async () => {
  under = await gatewayUnderTest();
  await under.accessOf('+9996610001');
});
afterAll(() => under.close());

/** Runs work as Ada, whose home is data centre 1, on one of her channels. */
async function reading<Result>(
  title: string,
  work: (account: ConnectedAccount, channel: Channel) => Promise<Result>,
): Promise<Result> {
  return under.gateway.withAccount(await under.accessOf('+9996610001'), async (account) =>
    work(account, await channelCalled(account, title)),
  );
}

const page = { minId: 0, offsetId: 0, limit: 100 };

async function bytesOf(pieces: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

/** What the sandbox has for a file. */
function original({ id }: MediaFile, offset = 0): Buffer {
  const file = under.telegram.sandbox.world.file(BigInt(id))?.file;
  if (file === undefined) throw new Error(`no file ${id}`);
  return fileBytes(file, { offset, length: file.size });
}

function fileOf(messages: readonly Message[], where: (file: MediaFile) => boolean): MediaFile {
  const file = messages.map((message) => message.file).find((found) => found !== null && where(found));
  if (!file) throw new Error('no such file');
  return file;
}

test('downloads files of the same data centre byte for byte, over the existing connection', async () => {
  const { connections } = under.telegram.sandbox;
  const before = connections.list().length;
  await reading('Sandbox Team', async (account, channel) => {
    for (const { file } of await account.history(channel, page)) {
      if (file === null) continue;
      const pieces = await bytesOf(account.download(file, 0));
      expect(Buffer.concat(pieces).equals(original(file))).toBe(true);
      expect(Math.max(0, ...pieces.map(({ length }) => length))).toBeLessThanOrEqual(524_288);
    }
  });
  expect(connections.list()).toHaveLength(before + 1);
});

test.each([4096, 1_044_480, 1_048_576, 2_498_560])('continues a download at byte %d', async (offset) => {
  await reading('Sandbox Team', async (account, channel) => {
    const film = fileOf(await account.history(channel, page), ({ name }) => name === 'film.mp4');
    const bytes = Buffer.concat(await bytesOf(account.download(film, offset)));
    expect(bytes.equals(original(film, offset))).toBe(true);
  });
});

test('cannot start a download in the middle of a block', async () => {
  await reading('Sandbox Team', async (account, channel) => {
    const film = fileOf(await account.history(channel, page), ({ name }) => name === 'film.mp4');
    await expect(bytesOf(account.download(film, 1000))).rejects.toBeInstanceOf(RangeError);
  });
});

test('downloads files of another data centre over one more connection, which ends with the work', async () => {
  const { connections } = under.telegram.sandbox;
  const before = connections.list().length;
  await reading('Sandbox Archive', async (account, channel) => {
    const messages = await account.history(channel, page);
    const files = messages.flatMap(({ file }) => (file === null ? [] : [file]));
    expect(files.map(({ dcId }) => dcId)).toEqual([3, 3]);
    const downloads = files.map(async (file) => {
      const bytes = Buffer.concat(await bytesOf(account.download(file, 0)));
      expect(bytes.equals(original(file))).toBe(true);
    });
    await Promise.all(downloads);
  });
  expect(connections.list().slice(before)).toMatchObject([{ dc: 1 }, { dc: 3, mediaRequests: 2 }]);
  expect(under.openConnections()).toBe(0);
  expect(connections.overlaps()).toEqual([]);
});

test('follows a file to the data centre that has it', async () => {
  await reading('Sandbox News', async (account, channel) => {
    const file = fileOf(await account.history(channel, page), () => true);
    expect(file.dcId).toBe(2);
    const bytes = Buffer.concat(await bytesOf(account.download({ ...file, dcId: 1 }, 0)));
    expect(bytes.equals(original(file))).toBe(true);
  });
});

test('reports Telegram’s error for a file that it refuses', async () => {
  await reading('Sandbox Team', async (account, channel) => {
    const film = fileOf(await account.history(channel, page), ({ name }) => name === 'film.mp4');
    const stale = { ...film, fileReference: Buffer.from('stale').toString('base64') };
    await expect(bytesOf(account.download(stale, 0))).rejects.toMatchObject({
      telegramError: 'FILE_REFERENCE_EXPIRED',
      method: 'upload.getFile',
    });
    under.telegram.sandbox.faults.add({ fault: 'FLOOD_PREMIUM_WAIT_10', method: 'upload.getFile', times: 1 });
    await expect(bytesOf(account.download(film, 0))).rejects.toMatchObject({
      telegramError: 'FLOOD_PREMIUM_WAIT_10',
      retryAfterSeconds: 10,
    });
  });
});

test('does not take an error of another data centre for one of the session', async () => {
  const { faults } = under.telegram.sandbox;
  await reading('Sandbox News', async (account, channel) => {
    const file = fileOf(await account.history(channel, page), ({ dcId }) => dcId === 2);
    faults.add({ fault: 'AUTH_KEY_UNREGISTERED', dc: 2, times: 1 });
    await expect(bytesOf(account.download(file, 0))).rejects.toBeInstanceOf(TelegramUnreachable);
    faults.add({ fault: 'drop', method: 'upload.getFile', times: 1 });
    await expect(bytesOf(account.download(file, 0))).rejects.toBeInstanceOf(TelegramUnreachable);
    // None of this affects the connection to the account's own data centre, or the next download.
    const bytes = Buffer.concat(await bytesOf(account.download(file, 0)));
    expect(bytes.equals(original(file))).toBe(true);
  });
  expect(under.openConnections()).toBe(0);
});
