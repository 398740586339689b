import { describe, expect, it } from '@jest/globals';
import { toResolve } from '../../src/peers/affinity.js';
import { judgePeerError, keptPeers } from '../../src/peers/rules.js';

const CHANNEL = { channelId: '7', accessHash: '8', type: 'channel', title: 'T' } as const;

describe('a channel that a session has learnt about', () => {
  const NAMED = { ...CHANNEL, username: 'News' };
  const identifiers = (...given: Parameters<typeof keptPeers>) =>
    keptPeers(...given).map(({ identifier }) => identifier);

  it('is kept under its name and the one that it was found by, in lower case', () => {
    expect(identifiers({ ...NAMED, identifier: null }, [])).toEqual(['@news']);
    expect(identifiers({ ...NAMED, identifier: '@NEWS' }, [])).toEqual(['@news']);
    expect(identifiers({ ...NAMED, identifier: '@Second' }, [])).toEqual(['@second', '@news']);
    expect(identifiers({ ...NAMED, identifier: '7' }, [])).toEqual(['@news']);
  });

  it('is kept under its id if it has no name, or none is said or known', () => {
    const before = [{ ...NAMED, identifier: '@news' }];
    for (const identifier of [null, '7']) {
      expect(identifiers({ ...CHANNEL, username: null, identifier }, before)).toEqual(['7']);
      expect(identifiers({ ...CHANNEL, identifier }, [])).toEqual(['7']);
    }
  });

  it('keeps the names and the title that it was known by where none are said', () => {
    const { title: _, ...untitled } = CHANNEL;
    const before = [
      { ...NAMED, identifier: '@news', title: 'Before' },
      { ...NAMED, identifier: '@second', title: 'Before' },
    ];
    const learnt = { ...untitled, accessHash: '9', identifier: null };
    expect(keptPeers(learnt, before)).toEqual(before.map((row) => ({ ...row, accessHash: '9' })));
    expect(keptPeers({ ...learnt, title: 'After' }, before)[1]).toMatchObject({ title: 'After' });
    expect(keptPeers(learnt, [])).toEqual([
      { ...CHANNEL, accessHash: '9', title: '', username: null, identifier: '7' },
    ]);
  });
});

describe("Telegram's error for a channel", () => {
  it.each(['CHANNEL_INVALID', '400: channel_private (caused by GetHistoryRequest)', 'PEER_ID_INVALID'])(
    'ends what a session knows of it: %s',
    (error) => {
      expect(judgePeerError(error)).toEqual({ nameGone: false });
    },
  );

  it.each(['USERNAME_NOT_OCCUPIED', 'USERNAME_INVALID'])('ends its name for all: %s', (error) => {
    expect(judgePeerError(error)).toEqual({ nameGone: true });
  });

  it.each(['FLOOD_WAIT_5', 'CHAT_ADMIN_REQUIRED', '', 'the channel is invalid'])(
    'says nothing: %s',
    (error) => {
      expect(judgePeerError(error)).toBeNull();
    },
  );
});

describe('the sessions for channels', () => {
  it('resolve names once each, and no ids', () => {
    const channels = ['@one', '@two', '@one', '77', '@known'];
    expect(toResolve(channels, (channel) => channel === '@known')).toEqual(['@one', '@two']);
  });
});
