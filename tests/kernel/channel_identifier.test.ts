import { describe, expect, it } from '@jest/globals';
import { parseIdentifier } from '../../src/kernel/channel_identifier.js';

describe('a channel', () => {
  it.each([
    ['@euronews_eng', '@euronews_eng'],
    ['euronews_eng', '@euronews_eng'],
    ['  @Euronews_ENG \n', '@Euronews_ENG'],
    ['https://t.me/euronews_eng', '@euronews_eng'],
    ['http://www.t.me/euronews_eng/', '@euronews_eng'],
    ['t.me/euronews_eng', '@euronews_eng'],
    ['t.me/s/euronews_eng', '@euronews_eng'],
    ['https://t.me/s/euronews_eng?before=100#x', '@euronews_eng'],
    ['https://t.me/euronews_eng/1234', '@euronews_eng'],
    ['https://t.me/euronews_eng/12/1234', '@euronews_eng'],
    ['https://telegram.me/euronews_eng', '@euronews_eng'],
    ['HTTPS://T.ME/euronews_eng', '@euronews_eng'],
    ['euronews_eng.t.me', '@euronews_eng'],
    ['tg://resolve?domain=euronews_eng', '@euronews_eng'],
    ['nasa', '@nasa'],
    [`@${'x'.repeat(32)}`, `@${'x'.repeat(32)}`],
    ['http://euronews_eng.t.me/', '@euronews_eng'],
    ['https://euronews_eng.t.me', '@euronews_eng'],
    ['tg:resolve?domain=euronews_eng', '@euronews_eng'],
    ['https://telegram.dog/@euronews_eng', '@euronews_eng'],
  ])('by the name %j is %s', (given, wanted) => {
    expect(parseIdentifier(given)).toBe(wanted);
  });

  it.each([
    ['1234567890', '1234567890'],
    ['-1001234567890', '1234567890'],
    ['-1000000000005', '5'],
    ['-1997852516352', '997852516352'],
    ['-10012345678901', '12345678901'],
    ['-123456', '123456'],
    ['-1005', '1005'],
    ['-20012345678901', '19012345678901'],
    ['9007199254740993', '9007199254740993'],
    ['-1009007199254740993', '9007199254740993'],
    ['9223372036854775807', '9223372036854775807'],
    ['https://t.me/c/1234567890/55', '1234567890'],
  ])('by the id %s is %s, digit for digit', (given, wanted) => {
    expect(parseIdentifier(given)).toBe(wanted);
  });

  it.each([
    ...['', ' ', '@', '@a', 'abc', '1name', '@имя_канала', 'na me', '@name!', '@@name', `@${'x'.repeat(33)}`],
    ...['euro@news_eng', 'see euronews_eng.t.me', 'euronews_eng.t.me/5x', 't.me/euronews_eng\nmore'],
    ...['https://example.com/t.me/euronews_eng', 't.me/c/12a', 't.me/c/a12'],
    ...['x tg:resolve?domain=euronews_eng', 'tg:resolve?domain=euronews_eng&post=5'],
    ...['0', '-0', '-1000000000000', '9223372036854775808', '1.5', '+79001234567', '12e3', '0x12'],
    ...['https://t.me/+AbCdEf', 'https://t.me/joinchat/AbCdEf', 'https://t.me/', 't.me/c/name', 't.me/c/0/5'],
    ...[
      'https://example.com/name',
      'https://t.me.evil.com/name',
      'https://t.me/name/other',
      '../../etc/passwd',
    ],
  ])('is not %j', (given) => {
    expect(parseIdentifier(given)).toBeNull();
  });
});
