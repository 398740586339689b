import { expect, test } from '@jest/globals';
import { Api } from 'telegram/tl/index.js';
import { long } from '../../sandbox/tl/values.js';
import { toChannelOrGroup } from '../../src/telegram/gramjs/channels.js';
import { toAccount, toSentCode } from '../../src/telegram/gramjs/login.js';
import { toMediaFile } from '../../src/telegram/gramjs/messages.js';

const id = long(5n);
const accessHash = long(-(2n ** 63n));
const photo = new Api.ChatPhotoEmpty();

test('shows a basic group, which has no access hash', () => {
  const chat = { id, title: 'Group', photo, participantsCount: 3, date: 0, version: 1 };
  expect(toChannelOrGroup(new Api.Chat(chat))).toEqual({
    id: '5',
    accessHash: null,
    username: null,
    title: 'Group',
    participantsCount: 3,
    isBroadcast: false,
    isMegagroup: false,
    description: null,
  });
  expect(toChannelOrGroup(new Api.Chat({ ...chat, deactivated: true }))).toBeNull();
  expect(toChannelOrGroup(new Api.Chat({ ...chat, left: true }))).toBeNull();
});

test('does not show a channel that the account has left or cannot access', () => {
  const channel = { id, accessHash, title: 'Channel', photo, date: 0 };
  expect(toChannelOrGroup(new Api.Channel(channel))).toMatchObject({ accessHash: '-9223372036854775808' });
  expect(toChannelOrGroup(new Api.Channel({ ...channel, left: true }))).toBeNull();
  expect(toChannelOrGroup(new Api.ChannelForbidden({ id, accessHash, title: 'Closed' }))).toBeNull();
  expect(toChannelOrGroup(new Api.ChatForbidden({ id, title: 'Closed' }))).toBeNull();
});

test('shows the active username of an account that has several', () => {
  const usernames = [
    new Api.Username({ username: 'old', active: false }),
    new Api.Username({ username: 'bought', active: true }),
  ];
  const user = new Api.User({ id: long(2n ** 63n - 1n), usernames, bot: true });
  expect(toAccount(user, 'users.getUsers')).toEqual({
    ...{ id: '9223372036854775807', phoneNumber: null, firstName: '', lastName: null },
    ...{ username: 'bought', isBot: true },
  });
  expect(() => toAccount(undefined, 'users.getUsers')).toThrow(/USER_ID_INVALID/);
});

test('uses the largest size of a photo that is its own file', () => {
  const sizes = [
    new Api.PhotoStrippedSize({ type: 'i', bytes: Buffer.alloc(40) }),
    new Api.PhotoSize({ type: 'm', w: 320, h: 240, size: 12_000 }),
    new Api.PhotoSizeProgressive({ type: 'y', w: 1280, h: 960, sizes: [10_000, 30_000, 90_000] }),
    new Api.PhotoSize({ type: 'x', w: 800, h: 600, size: 50_000 }),
  ];
  const shown = (shownSizes: Api.TypePhotoSize[]) => {
    const args = { id, accessHash, fileReference: Buffer.from([1, 2]), date: 0, dcId: 4, sizes: shownSizes };
    return toMediaFile(new Api.MessageMediaPhoto({ photo: new Api.Photo(args) }));
  };
  expect(shown(sizes)).toEqual({
    ...{ kind: 'photo', id: '5', accessHash: '-9223372036854775808', fileReference: 'AQI=', dcId: 4 },
    ...{ thumbSize: 'y', name: null, mimeType: 'image/jpeg', sizeBytes: 90_000 },
  });
  expect(shown(sizes.slice(0, 1))).toBeNull();
  // Self-destructing, and expired.
  expect(toMediaFile(new Api.MessageMediaPhoto({ ttlSeconds: 10 }))).toBeNull();
  expect(toMediaFile(new Api.MessageMediaGeo({ geo: new Api.GeoPointEmpty() }))).toBeNull();
});

test('names every way in which a code may be sent', () => {
  const key = { dcId: 1, test: false, authKey: Buffer.alloc(256) };
  const named = (type: Api.auth.TypeSentCodeType, nextType?: Api.auth.TypeCodeType) => {
    const args = { type, phoneCodeHash: 'h', ...(nextType === undefined ? {} : { nextType }) };
    const { type: now, nextType: next } = toSentCode(new Api.auth.SentCode(args), key, 'auth.sendCode');
    return [now, next];
  };
  const length = 5;
  expect(named(new Api.auth.SentCodeTypeApp({ length }), new Api.auth.CodeTypeFlashCall())).toEqual([
    'app',
    'flash_call',
  ]);
  expect(named(new Api.auth.SentCodeTypeSmsWord({}), new Api.auth.CodeTypeMissedCall())).toEqual([
    'sms',
    'missed_call',
  ]);
  expect(named(new Api.auth.SentCodeTypeMissedCall({ prefix: '1', length }))).toEqual(['missed_call', null]);
  expect(named(new Api.auth.SentCodeTypeEmailCode({ emailPattern: 'a*@b', length }))).toEqual([
    'email',
    null,
  ]);
  expect(named(new Api.auth.SentCodeTypeFirebaseSms({ length }))).toEqual(['firebase_sms', null]);
  expect(named(new Api.auth.SentCodeTypeSetUpEmailRequired({}))).toEqual(['other', null]);
  const fragment = new Api.auth.SentCodeTypeFragmentSms({ url: 'https://fragment.com', length });
  expect(named(fragment, new Api.auth.CodeTypeFragmentSms())).toEqual(['fragment', 'fragment']);
});
