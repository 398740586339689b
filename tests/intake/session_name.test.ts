import { describe, expect, it } from '@jest/globals';
import { foldedName, sessionNameRefusal } from '../../src/intake/session_name.js';

describe('a name given through the API', () => {
  it.each([
    'alpha',
    '573025288905',
    'a.b',
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
    [' a', 'no blanks'],
    ['a\u00A0', 'no blanks'],
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
  ])('is refused, saying what is wanted: %j', (name, said) => {
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
  ])('that differ in case or form only are folded alike: %s, %s', (one, other) => {
    expect(foldedName(one)).toBe(foldedName(other));
  });

  it('that differ in more are not', () => {
    expect(foldedName('alpha')).not.toBe(foldedName('alpha1'));
  });
});
