import { describe, expect, it, test } from '@jest/globals';
import {
  directoryOf,
  fileKind,
  foldName,
  isFileOf,
  nameOf,
  nameRefusal,
  partRefusal,
  pathsOf,
  sessionNameRefusal,
  withAncestors,
} from '../../src/intake/names.js';

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
    ['aba.session', 'aba'],
    ['a.session.session', 'a.session'],
    ['Основной аккаунт.session', 'Основной аккаунт'],
    ['ALPHA.session', 'ALPHA'],
  ])('%s is %s', (path, name) => {
    expect(nameOf(path)).toEqual({ name });
  });
});

describe('a name that cannot be a file name is refused', () => {
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

test('every possible path of a name maps back to that name', () => {
  for (const name of ['alpha', 'batch/alpha', '573025288905', 'a/b/c']) {
    for (const { path } of pathsOf(name)) expect(nameOf(path)).toEqual({ name });
  }
  expect(pathsOf('x').map(({ path }) => path)).toEqual(['x.session', 'x.json', 'x/x.session', 'x/x.json']);
});

describe('a name as long as file systems take', () => {
  it.each([
    'a'.repeat(61),
    'a'.repeat(247),
    'я'.repeat(123),
    'a/b/c/d/e/f/g',
    `${'a'.repeat(255)}/b`,
    `${'abcdefg/'.repeat(127)}abcdefgh`,
  ])('is one: %.20s…', (name) => {
    expect(nameRefusal(name)).toBeNull();
  });

  it.each([
    ['a'.repeat(248), 'file name over 255 bytes'],
    ['я'.repeat(124), 'file name over 255 bytes'],
    [`${'a'.repeat(256)}/b`, 'name over 255 bytes'],
    [`${'abcdefg/'.repeat(127)}abcdefghi`, 'name over 1024 bytes'],
  ])('ends there: %.20s…', (name, refused) => {
    expect(nameRefusal(name)).toBe(refused);
  });

  it('is refused by its first part that no file can be called', () => {
    expect(nameRefusal('a/.b/c')).toBe('hidden file');
    expect(nameRefusal('..')).toBe('".." is not a name');
    expect(nameRefusal('a/..')).toBe('".." is not a name');
    expect(nameRefusal('a b')).toBeNull();
    expect([partRefusal('a b'), partRefusal('.'), partRefusal('a'.repeat(256))]).toEqual([
      null,
      '"." is not a name',
      'name over 255 bytes',
    ]);
  });
});

describe('a path', () => {
  it.each([
    ['a.session', 'session'],
    ['a/b.json', 'json'],
    ['a.session.bak', null],
    ['session', null],
    ['a.JSON', null],
  ])('%s is of the kind %s', (path, kind) => {
    expect(fileKind(path)).toBe(kind);
  });

  it('belongs to the one session whose name it gives', () => {
    expect(isFileOf('x/x.session', 'x')).toBe(true);
    expect(isFileOf('x.json', 'x')).toBe(true);
    expect(isFileOf('x/x.session', 'x/x')).toBe(false);
    expect(isFileOf('.x.session', '.x')).toBe(false);
  });

  it('lies in a directory, and in those above it', () => {
    expect(['a', 'a/b', 'a/b/c.session', ''].map(directoryOf)).toEqual(['', 'a', 'a/b', '']);
    expect(withAncestors('a/b/c')).toEqual(['a', 'a/b', 'a/b/c']);
    expect(withAncestors('a')).toEqual(['a']);
  });
});

test('the paths of a name in a directory are two, told by their kind', () => {
  expect(pathsOf('a/b')).toEqual([
    { kind: 'session', path: 'a/b.session' },
    { kind: 'json', path: 'a/b.json' },
  ]);
});

describe('a name given through the API', () => {
  it.each([
    'alpha',
    '573025288905',
    'a.b',
    'a.',
    'a.session2',
    'Основной аккаунт',
    'x'.repeat(120),
    'я'.repeat(100),
    'a@b+c_d-e',
  ])('may be %j', (name) => {
    expect(sessionNameRefusal(name)).toBe(null);
  });

  it.each([
    ['', 'at least one character'],
    ['   ', 'at least one character'],
    [' a', 'no spaces'],
    ['a\u00A0', 'no spaces'],
    ['.', 'more than dots'],
    ['...', 'more than dots'],
    ['.hidden', 'no dot at the beginning'],
    ['a/b', 'no "/"'],
    ['../a', 'no dot at the beginning'],
    ['/a', 'no "/"'],
    ['a.session', 'without its ending'],
    ['a.JSON', 'without its ending'],
    ['x'.repeat(121), 'at most 120 characters'],
    ['я'.repeat(101), 'at most 200 bytes'],
    ['a\\b', 'backslash'],
    ['a\nb', 'control characters'],
    ['a\u0000', 'control characters'],
    ['a\uD800', 'not valid UTF-8'],
  ])('is refused, saying what is expected %j', (name, said) => {
    expect(sessionNameRefusal(name)).toContain(said);
  });
});

describe('two names', () => {
  it.each([
    ['Alpha', 'aLPHA'],
    ['Основной', 'ОСНОВНОЙ'],
    ['ﬁle', 'file'],
    ['e\u0301', '\u00e9'],
    ['Ａ１', 'a1'],
  ])('that differ only in case or form are folded alike: %s, %s', (one, other) => {
    expect(foldName(one)).toBe(foldName(other));
  });

  it('that differ in more are not', () => {
    expect(foldName('alpha')).not.toBe(foldName('alpha1'));
    expect(foldName('ÄLPHA')).toBe('älpha');
  });
});
