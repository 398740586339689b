import { describe, expect, it } from '@jest/globals';
import {
  ensureConfigured,
  overlappingPaths,
  parseTargetPath,
  targetPath,
} from '../../src/sources/targets.js';

const ROOTS = { localRoot: '/data/scraped', nasRoot: '/nas', s3Bucket: 'bucket' };

describe('a target path', () => {
  it.each([
    ['tech', 'tech'],
    ['tech/news/', 'tech/news'],
    ['/nas/tech', 'tech'],
    ['/nas/новости и технологии', 'новости и технологии'],
    ['..tech', '..tech'],
    ['я'.repeat(100), 'я'.repeat(100)],
    [`${'a/'.repeat(249)}aa`, `${'a/'.repeat(249)}aa`],
    ['e\u0301', '\u00e9'],
  ])('such as %s is resolved below its root', (text, path) => {
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
    ['te\u007fch', 'no control characters'],
    ['te\u009fch', 'no control characters'],
    ['te\ud800ch', 'text that UTF-8 can hold'],
    ['я'.repeat(101), 'at most 200 bytes'],
    [`${'a/'.repeat(250)}a`, 'at most 500 bytes'],
  ])('such as %j is rejected', (text, wanted) => {
    const parse = () => parseTargetPath(text, '/nas');
    expect(parse).toThrow(wanted);
    const named = { name: 'BadRequest', code: 'invalid_target_path', field: 'target_path' };
    expect(parse).toThrow(expect.objectContaining(named));
  });

  it.each([
    ['//tech/news/', 'tech/news'],
    ['a b+c=d&e?f#g%20\\h', 'a b+c=d&e?f#g%20\\h'],
    ['/etc', 'etc'],
  ])('of S3, such as %s, is a valid key', (text, path) => {
    expect(parseTargetPath(text, null)).toBe(path);
  });

  it.each(['/', 'a/../b', 'a//b', 'a\u0007b'])('of S3, such as %j, is rejected', (text) => {
    expect(() => parseTargetPath(text, null)).toThrow(expect.objectContaining({ name: 'BadRequest' }));
  });

  it('that is absolute is taken below a root with or without a slash at its end', () => {
    expect(parseTargetPath('/nas/tech', '/nas/')).toBe('tech');
    expect(parseTargetPath('/tech', '/')).toBe('tech');
  });

  it('that a source gets by its id is refused to others', () => {
    for (const path of ['source-1', 'SOURCE-12/a']) {
      expect(() => targetPath(path, 'LOCAL', ROOTS)).toThrow('expected another name');
    }
    for (const path of ['source-1a', 'source-', 'a/source-1', 'my-source-1']) {
      expect(targetPath(path, 'LOCAL', ROOTS)).toBe(path);
    }
  });

  it('is below the root of its target; an empty one is none', () => {
    expect(targetPath('/data/scraped/a', 'LOCAL', ROOTS)).toBe('a');
    expect(targetPath('/nas/a', 'NAS', ROOTS)).toBe('a');
    expect(targetPath('/a/', 'S3', ROOTS)).toBe('a');
    expect(targetPath(' ', 'LOCAL', ROOTS)).toBeNull();
  });

  it('overlaps with itself, with those above it and those below it', () => {
    expect(overlappingPaths('a/b/c')).toEqual({ above: ['a', 'a/b', 'a/b/c'], below: 'a/b/c/' });
    expect(overlappingPaths('a')).toEqual({ above: ['a'], below: 'a/' });
  });
});

describe('a target', () => {
  const configured = (target: 'LOCAL' | 'NAS' | 'S3', over = {}) =>
    ensureConfigured(target, { ...ROOTS, ...over });

  it('needs the setting that says where it is', () => {
    const refused = { code: 'target_not_configured', field: 'target' };
    expect(() => configured('NAS', { nasRoot: null })).toThrow(
      expect.objectContaining({ ...refused, message: 'target: NAS needs the setting NAS_ROOT' }),
    );
    expect(() => configured('S3', { s3Bucket: null })).toThrow(
      expect.objectContaining({ ...refused, message: 'target: S3 needs the setting S3_BUCKET' }),
    );
  });

  it('needs no other setting than its own', () => {
    configured('LOCAL', { nasRoot: null, s3Bucket: null });
    configured('NAS', { s3Bucket: null });
    configured('S3', { nasRoot: null });
  });
});
