import { describe, expect, it } from '@jest/globals';
import { SOURCE_API_HASH, SOURCE_BOT_TOKEN, Vault } from '../../src/access/vault.js';
import { BadRequest } from '../../src/kernel/errors.js';
import { type BotSession, SourceBots } from '../../src/scraping/source_bots.js';
import { applicationChooser } from '../../src/telegram/application.js';
import { addSource } from '../contracts/sources.js';
import { type Stores, T0, usingStores } from '../contracts/stores.js';
import { makeSqliteStores } from '../storage/databases.js';

const vault = new Vault([Buffer.alloc(32, 1)]);
const using = usingStores(makeSqliteStores);
const configured = { apiId: 5, apiHash: 'configured' };
const SESSION: BotSession = {
  key: { dcId: 2, test: false, authKey: Buffer.alloc(256, 9) },
  channel: { identifier: '@news', channelId: '1', accessHash: '-2', title: 'News', username: 'news' },
};

function botsOf({ sources }: Stores, over: Partial<ConstructorParameters<typeof SourceBots>[0]> = {}) {
  const chooseApplication = applicationChooser(configured.apiId, configured.apiHash);
  return new SourceBots({ sources, vault, chooseApplication, ...over });
}

async function withToken(stores: Stores, token = '17:secret', over: object = {}): Promise<void> {
  await addSource(stores, { botToken: await vault.encrypt(token, SOURCE_BOT_TOKEN), ...over });
}

describe("a source's bot", () => {
  it(
    'is named by its id and never by its token, and uses the configured application',
    using(async (stores) => {
      for (const token of ['17:secret', 'secret', '17']) await withToken(stores, token);
      const bots = botsOf(stores);
      const known = { application: configured, session: null };
      expect(await bots.of(1)).toMatchObject({ ...known, name: 'bot17', token: '17:secret' });
      for (const id of [2, 3]) expect(await bots.of(id)).toMatchObject({ name: 'bot' });
      await addSource(stores);
      for (const id of [4, 99]) expect(await bots.of(id)).toBeNull();
    }),
  );

  it(
    "uses the source's own application, if that is complete",
    using(async (stores) => {
      const apiHash = await vault.encrypt('own', SOURCE_API_HASH);
      await withToken(stores, '17:secret', { apiId: 6, apiHash });
      await withToken(stores, '17:secret', { apiId: 6 });
      expect((await botsOf(stores).of(1))?.application).toEqual({ apiId: 6, apiHash: 'own' });
      expect((await botsOf(stores).of(2))?.application).toEqual(configured);
      const none = { chooseApplication: applicationChooser(null, null) };
      await expect(botsOf(stores, none).of(2)).rejects.toThrow(BadRequest);
    }),
  );

  it(
    'keeps its last session, until it has another token or forgets it',
    using(async (stores) => {
      await withToken(stores);
      const bots = botsOf(stores);
      const bot = await bots.of(1);
      if (!bot) throw new Error('no bot');
      await bots.keep(bot, SESSION);
      expect((await bots.of(1))?.session).toEqual(SESSION);
      expect((await stores.sources.source(1))?.botSession).not.toContain('News');
      await bots.keep(bot, null);
      expect((await bots.of(1))?.session).toBeNull();
      const botToken = await vault.encrypt('18:secret', SOURCE_BOT_TOKEN);
      await stores.sources.edit(1, { botToken }, T0);
      await bots.keep(bot, SESSION);
      expect(await bots.of(1)).toMatchObject({ name: 'bot18', session: null });
    }),
  );

  it(
    'logs in again if no key decrypts its session',
    using(async (stores) => {
      await withToken(stores);
      const encrypted = (await stores.sources.source(1))?.botToken ?? '';
      await stores.sources.keepBotSession(1, encrypted, 'nonsense');
      expect(await botsOf(stores).of(1)).toMatchObject({ name: 'bot17', session: null });
    }),
  );
});
