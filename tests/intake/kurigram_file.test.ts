import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { inspectSession } from '../../src/intake/formats/inspect.js';
import { readKnownChannels } from '../../src/intake/formats/known_channels.js';
import { findPython, INSTALL_PYTHON } from '../clients/python/installation.js';
import { inDirectory } from './session_files.js';

const python = findPython();
if (python === null) process.stderr.write(`skipped: real kurigram is not installed (${INSTALL_PYTHON})\n`);
const withKurigram = python === null ? describe.skip : describe;

/** Makes a session file as a client does that is logged in and has met these chats. */
const MAKE = `
import asyncio, sys
from pathlib import Path
from pyrogram.storage.sqlite_storage import SQLiteStorage

async def make():
    storage = SQLiteStorage('made', Path(sys.argv[1]))
    await storage.open()
    await storage.auth_key(bytes(range(256)))
    await storage.user_id(7000000001)
    await storage.update_peers([
        (-1000000000077, -9223372036854775808, 'channel', None),
        (-1000000000088, 5, 'supergroup', None),
        (-4567, 0, 'group', None),
        (777000, 9, 'user', '42777'),
    ])
    await storage.update_usernames([(-1000000000077, ['news', 'newspaper']), (777000, ['telegram'])])
    await storage.save()
    await storage.close()

asyncio.run(make())
`;

withKurigram('real kurigram', () => {
  it('writes files whose channels are read, with all their names', () =>
    inDirectory((directory) => {
      const { stderr, status } = spawnSync(python ?? '', ['-c', MAKE, directory], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, expect.any(String)]);
      const session = readFileSync(join(directory, 'made.session'));
      expect(inspectSession({ session, json: null })).toMatchObject({
        ...{ format: 'pyrogram', dead: null, userId: '7000000001', remembersChannels: true },
      });
      const channels = readKnownChannels(session);
      expect(channels.sort((one, other) => Number(one.channelId) - Number(other.channelId))).toMatchObject([
        { channelId: '77', accessHash: '-9223372036854775808', usernames: ['news', 'newspaper'] },
        { channelId: '88', accessHash: '5', type: 'channel', usernames: [] },
        { channelId: '4567', accessHash: null, type: 'chat' },
      ]);
      for (const { seenAt } of channels) expect(Math.abs(Date.now() - seenAt)).toBeLessThan(60_000);
    }));
});
