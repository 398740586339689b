import { describe, expect, it } from '@jest/globals';
import { BadRequest } from '../../src/kernel/errors.js';
import { parseSchedule } from '../../src/sources/schedules.js';
import { normaliseFileTypes } from '../../src/sources/source_settings.js';

describe('a schedule', () => {
  it.each([
    ['0 */6 * * *', '0 */6 * * *'],
    ['  0  0\t* *  MON ', '0 0 * * MON'],
    ['*/30 * * * * *', '*/30 * * * * *'],
    ['0 0 1 JAN,JUL *', '0 0 1 JAN,JUL *'],
    ['', null],
    ['  ', null],
  ])('of %j is kept as %j', (given, wanted) => {
    expect(parseSchedule(given)).toBe(wanted);
  });

  it.each([
    ...['*', '* * * *', '* * * * * * *', 'off', '@daily', 'every day', 'a b c d e', '; DROP TABLE'],
    ...['60 * * * *', '* 24 * * *', '* * 0 * *', '* * 32 * *', '* * * 13 *', '* * * * 8', '60 * * * * *'],
    ...['-1 * * * *', '1.5 * * * *', '*/0 * * * *', '1,2,,3 * * * *', '0 0 31 2 *', '٠ * * * *'],
    ...['0 0 31W 2 *', '0 0 29 2 1#1', '0 0 1 1 0#2'],
    ...['0-59999999 * * * *', '*/99999999 * * * *', `${'1,'.repeat(500)}1 * * * *`, '0 0 * * \u0000'],
  ])('is not %j', (given) => {
    expect(() => parseSchedule(given)).toThrow(BadRequest);
    expect(() => parseSchedule(given)).toThrow(/^schedule: /);
  });
});

describe('file types', () => {
  it('are normalised without dots, spaces, case and duplicates', () => {
    expect(normaliseFileTypes(['.PDF', ' zip ', 'pdf', '. . JPG'.replaceAll(' ', ''), '7z', 'ДОК'])).toEqual([
      ...['pdf', 'zip', 'jpg', '7z', 'док'],
    ]);
    expect(normaliseFileTypes([])).toEqual([]);
  });

  it.each(['', '.', ' ', '*', 'tar.gz', 'a b', 'p/df', '../pdf', 'pd\u0000f', 'x'.repeat(17), 'pdf,zip'])(
    'are not %j',
    (type) => {
      expect(() => normaliseFileTypes(['pdf', type])).toThrow(/^file_types: /);
    },
  );
});
