import { describe, expect, it } from '@jest/globals';
import { parseTargetPath } from '../../src/scraping/target_path.js';

describe('a target path', () => {
  it.each([
    ['tech', 'tech'],
    ['tech/news/', 'tech/news'],
    ['/nas/tech', 'tech'],
    ['/nas/новости и технологии', 'новости и технологии'],
    ['..tech', '..tech'],
  ])('such as %s is taken below its root', (text, path) => {
    expect(parseTargetPath(text, '/nas')).toBe(path);
  });

  it.each([
    ['..', 'no "." and no ".."'],
    ['tech/../../etc', 'no "." and no ".."'],
    ['/nas/../etc', 'no "." and no ".."'],
    ['./tech', 'no "." and no ".."'],
    ['/etc', "does not leave the target's root"],
    ['/nasty/tech', "does not leave the target's root"],
    ['/nas', "does not leave the target's root"],
    ['/nas/', 'without empty parts'],
    ['/', "does not leave the target's root"],
    ['', 'without empty parts'],
    ['tech//news', 'without empty parts'],
    ['..\\etc', 'no "\\"'],
    ['te\u0000ch', 'no control characters'],
    ['te\nch', 'no control characters'],
    ['te\ud800ch', 'text that UTF-8 can hold'],
    ['я'.repeat(101), 'at most 200 bytes'],
    [`${'a/'.repeat(250)}a`, 'at most 500 bytes'],
  ])('such as %j is refused', (text, wanted) => {
    const parse = () => parseTargetPath(text, '/nas');
    expect(parse).toThrow(wanted);
    expect(parse).toThrow(expect.objectContaining({ name: 'BadRequest' }));
  });

  it.each([
    ['//tech/news/', 'tech/news'],
    ['a b+c=d&e?f#g%20\\h', 'a b+c=d&e?f#g%20\\h'],
    ['/etc', 'etc'],
  ])('of S3, such as %s, is a key like another', (text, path) => {
    expect(parseTargetPath(text, null)).toBe(path);
  });

  it.each(['/', 'a/../b', 'a//b', 'a\u0007b'])('of S3, such as %j, is refused', (text) => {
    expect(() => parseTargetPath(text, null)).toThrow(expect.objectContaining({ name: 'BadRequest' }));
  });
});
