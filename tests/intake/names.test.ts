import { describe, expect, test } from '@jest/globals';
import { nameOf, pathsOf } from '../../src/intake/names.js';

describe('a session is named by its path', () => {
  test.each([
    ['alpha.session', 'alpha'],
    ['batch/alpha.session', 'batch/alpha'],
    ['573025288905/573025288905.session', '573025288905'],
    ['573025288905/573025288905.json', '573025288905'],
    ['573025288905/other.session', '573025288905/other'],
    ['batch/x/x.session', 'batch/x/x'],
    ['x/x/x/x.session', 'x/x/x/x'],
    ['a.b.session', 'a.b'],
    ['a.session.session', 'a.session'],
    ['Основной аккаунт.session', 'Основной аккаунт'],
    ['ALPHA.session', 'ALPHA'],
  ])('%s is %s', (path, name) => {
    expect(nameOf(path)).toEqual({ name });
  });
});

describe('a name that can not be a file name again is refused', () => {
  test.each([
    ['.session', 'empty name'],
    ['a/.json', 'empty name'],
    ['.hidden.session', 'hidden file'],
    ['.hidden/a.session', 'hidden file'],
    ['a/../b.session', '".." is not a name'],
    ['a//b.session', 'empty name'],
    ['/a.session', 'empty name'],
    ['a\nb.session', 'control characters in the name'],
    ['a\u0000.session', 'control characters in the name'],
    ['a\u007f.session', 'control characters in the name'],
    ['a\uFFFD.session', 'name is not valid UTF-8'],
    ['a\uD800.session', 'name is not valid UTF-8'],
    ['a\\b.session', 'backslash in the name'],
    [`${'я'.repeat(125)}.json`, 'file name over 255 bytes'],
    [`${'a'.repeat(256)}/b.session`, 'name over 255 bytes'],
    [`${'abcdefg/'.repeat(130)}a.session`, 'name over 1024 bytes'],
    ['a.txt', 'neither .session nor .json'],
  ])('%j: %s', (path, refused) => {
    expect(nameOf(path)).toEqual({ refused });
  });
});

test('every path that a name can have gives that name back', () => {
  for (const name of ['alpha', 'batch/alpha', '573025288905', 'a/b/c']) {
    for (const { path } of pathsOf(name)) expect(nameOf(path)).toEqual({ name });
  }
  expect(pathsOf('x').map(({ path }) => path)).toEqual(['x.session', 'x.json', 'x/x.session', 'x/x.json']);
});
