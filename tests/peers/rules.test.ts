import { describe, expect, it } from '@jest/globals';
import { toResolve } from '../../src/peers/affinity.js';
import { identifiersOf, judgePeerError } from '../../src/peers/rules.js';

const CHANNEL = { channelId: '7', accessHash: '8', type: 'channel', title: 'T' } as const;

describe('the names that a channel is kept under', () => {
  it('are its own and the one that it was found by, in lower case', () => {
    const named = { ...CHANNEL, username: 'News' };
    expect(identifiersOf({ ...named, identifier: null })).toEqual(['@news']);
    expect(identifiersOf({ ...named, identifier: '@NEWS' })).toEqual(['@news']);
    expect(identifiersOf({ ...named, identifier: '@Second' })).toEqual(['@second', '@news']);
    expect(identifiersOf({ ...named, identifier: '7' })).toEqual(['@news']);
  });

  it('are its id if it has none', () => {
    expect(identifiersOf({ ...CHANNEL, username: null, identifier: null })).toEqual(['7']);
    expect(identifiersOf({ ...CHANNEL, username: null, identifier: '7' })).toEqual(['7']);
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
