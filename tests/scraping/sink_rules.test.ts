import { describe, expect, it } from '@jest/globals';
import {
  diskFailure,
  FileTruncated,
  isMissingObject,
  isUnknownUpload,
  missing,
  OutsideRoot,
  onDisk,
  SinkFailed,
  s3Failure,
  truncated,
} from '../../src/scraping/sinks/failures.js';
import {
  directoryOf,
  ensureOwner,
  filePath,
  firstUnrecordedMonth,
  isTemporary,
  isUnrecordedFile,
  isUnrecordedMonth,
  monthIn,
  monthOf,
  monthPath,
  OWNER_FILE,
  ownerText,
  temporaryName,
} from '../../src/scraping/sinks/layout.js';
import { uploadThrottle } from '../../src/scraping/sinks/s3_sink.js';
import type { StoringSource } from '../../src/scraping/sinks/sink.js';
import type { Target } from '../../src/sources/store.js';

const SOURCE: StoringSource = { id: 7, createdAt: 1_740_000_000_000, target: 'NAS', targetPath: null };
const at = (monthPath: string | null, lastMessageId = 0) => ({ lastMessageId, monthPath, monthBytes: 1 });
const seconds = (date: string) => Date.parse(date) / 1000;

describe('the layout of a target', () => {
  it('gives a source its own directory, or the one that it names', () => {
    expect(directoryOf(SOURCE)).toBe('source-7');
    expect(directoryOf({ ...SOURCE, targetPath: 'tech/news' })).toBe('tech/news');
  });

  it.each([
    ['2024-01-31T23:59:59Z', '2024-01'],
    ['2024-02-01T00:00:00Z', '2024-02'],
  ])('puts messages of %s into the month %s', (date, month) => {
    expect(monthOf(seconds(date))).toBe(month);
  });

  it('gives months and files their paths', () => {
    expect(monthPath('tech', '2024-01')).toBe('tech/messages/2024-01.jsonl');
    expect(filePath('tech', '2024-01', 5, 'a.pdf')).toBe('tech/files/2024-01/5_a.pdf');
  });

  it.each([
    ['tech/messages/2024-01.jsonl', '2024-01'],
    ['2024-01.jsonl', '2024-01'],
    ['tech/messages/2024-01.jsonl.gz', null],
    ['tech/messages/x2024-01.jsonl', null],
    ['tech/2024-01.jsonl/readme', null],
    ['2024-1.jsonl', null],
  ])('finds the month of %s: %s', (path, month) => {
    expect(monthIn(path)).toBe(month);
  });

  it('knows files that are still being received', () => {
    expect(isTemporary(temporaryName('id'))).toBe(true);
    expect(temporaryName('id')).toBe('.part-id');
    expect(isTemporary('a.part-id')).toBe(false);
  });
});

describe('the owner of a directory', () => {
  it('is its source, or nobody yet', () => {
    expect(() => ensureOwner(SOURCE, 'tech', '')).not.toThrow();
    expect(() => ensureOwner(SOURCE, 'tech', ownerText(SOURCE))).not.toThrow();
    expect(ownerText(SOURCE)).toBe('source 7, created 1740000000000\n');
    expect(OWNER_FILE).toBe('.telegate-source');
  });

  it.each([
    ['source 8, created 5\n', 'NAS tech: a source with the id 8 has stored there'],
    ['source 12, created 5\n', 'NAS tech: a source with the id 12 has stored there'],
    ['source 7, created 5\n', 'NAS tech: a source with the id 7 has stored there'],
    ['a source 8, created 5\n', 'NAS tech: something else has stored there'],
    ['source x, created 5\n', 'NAS tech: something else has stored there'],
  ])('is not the source where its mark says %j', (found, message) => {
    const remedy = 'give this one another target_path, or move that directory away';
    expect(() => ensureOwner(SOURCE, 'tech', found)).toThrow(
      expect.objectContaining({ target: 'NAS', path: 'tech', message: `${message}: ${remedy}` }),
    );
  });
});

describe('what was never recorded', () => {
  const JANUARY = at('tech/messages/2024-01.jsonl');

  it.each([
    ['2023-12.jsonl', JANUARY, false],
    ['2024-01.jsonl', JANUARY, false],
    ['2024-02.jsonl', JANUARY, true],
    ['2024-02.txt', JANUARY, false],
    ['2024-01.jsonl', at(null), true],
    ['readme', at(null), false],
    ['2024-01.jsonl', at('elsewhere'), false],
  ])('is, of months, %s at %j: %s', (path, checkpoint, unrecorded) => {
    expect(isUnrecordedMonth(path, checkpoint)).toBe(unrecorded);
  });

  it.each([
    ['4_a.pdf', false],
    ['5_a.pdf', false],
    ['6_a.pdf', true],
    ['10_', true],
    ['a6_b.pdf', false],
    ['6.pdf', false],
    ['readme', false],
  ])('is, of files at the message 5, %s: %s', (name, unrecorded) => {
    expect(isUnrecordedFile(name, at(null, 5))).toBe(unrecorded);
  });

  it.each([
    ['tech/messages/2024-03.jsonl', '2024-02'],
    ['tech/messages/2024-01.jsonl', '2023-12'],
    ['elsewhere', ''],
    [null, ''],
  ])('is, at %s, in no month before %j', (path, month) => {
    expect(firstUnrecordedMonth(at(path))).toBe(month);
  });
});

describe('the failure of a disk', () => {
  const errorOf = (code: string) => Object.assign(new Error('/absolute/path'), { code, syscall: 'open' });
  const failureOf = (code: string, target: Target = 'NAS') =>
    diskFailure(target, 'tech', errorOf(code)) as SinkFailed;

  it.each([
    ['ENOSPC', 'no space is left in NAS_ROOT (ENOSPC): free some space, then start the source again'],
    ['EDQUOT', 'no space is left in NAS_ROOT (EDQUOT): free some space, then start the source again'],
    ...['EACCES', 'EPERM', 'EROFS'].map((code) => [
      code,
      `NAS_ROOT can't be written (${code}): the service's user needs permission to write there`,
    ]),
    ['ENOENT', 'is not there any more (ENOENT): is NAS_ROOT still mounted?'],
    ['ENOTDIR', 'is not there any more (ENOTDIR): is NAS_ROOT still mounted?'],
    ['ELOOP', 'is a symbolic link, and those are not followed'],
    ['EFBIG', "can't be stored (EFBIG)"],
  ])('with %s is not transient, and says what to do', (code, reason) => {
    expect(failureOf(code ?? '')).toMatchObject({
      ...{ name: 'SinkFailed', code: 'sink_failed', target: 'NAS', path: 'tech', retryable: false },
      message: `NAS tech: ${reason}`,
    });
  });

  it.each([
    ...['EIO', 'ESTALE', 'ETIMEDOUT', 'EAGAIN', 'EBUSY', 'EINTR', 'ENOTCONN', 'EHOSTDOWN', 'EHOSTUNREACH'],
    ...['ECONNRESET', 'ECONNABORTED', 'EREMOTEIO', 'ENODEV', 'ENXIO'],
  ])('with %s is transient', (code) => {
    expect(failureOf(code)).toMatchObject({
      retryable: true,
      message: `NAS tech: NAS_ROOT does not respond properly (${code}): check the disk`,
    });
  });

  it('names the setting of its target, and no absolute path', () => {
    expect(failureOf('EIO', 'LOCAL').message).toContain('DATA_DIR');
    expect(failureOf('EIO', 'S3').message).toContain('DATA_DIR');
    expect((diskFailure('NAS', null, errorOf('EIO')) as SinkFailed).message).toMatch(/^NAS: NAS_ROOT/);
    expect(failureOf('EIO').message).not.toContain('absolute');
  });

  it('is told where a symbolic link leads out', () => {
    expect(diskFailure('NAS', 'tech', new OutsideRoot('tech'))).toMatchObject({
      message:
        "NAS tech: a symbolic link leads out of the target's root: give the source another target_path",
      retryable: false,
    });
  });

  it.each([
    ['a stream', Object.assign(new Error('x'), { code: 'ERR_STREAM' })],
    ['a code that is no text', Object.assign(new Error('x'), { code: 5, syscall: 'read' })],
    ['a call without a code', Object.assign(new Error('x'), { syscall: 'read' })],
    ['nothing', null],
    ['text', 'EIO'],
    ['undefined', undefined],
  ])('is not what %s fails with', (_what, error) => {
    expect(diskFailure('NAS', 'tech', error)).toBe(error);
  });

  it('is what work on it rejects with', async () => {
    await expect(onDisk('NAS', 'tech', () => Promise.reject(errorOf('EIO')))).rejects.toThrow(SinkFailed);
    expect(await onDisk('NAS', 'tech', async () => 'done')).toBe('done');
  });

  it('says what is missing of what was recorded', () => {
    expect(truncated('NAS', 'tech', 3, 5)).toMatchObject({
      message:
        'NAS tech: has 3 of the 5 bytes that were stored: restore the file, or create the source again with another target_path',
      retryable: false,
    });
    expect(missing('NAS', 'tech').message).toContain('is NAS_ROOT mounted');
    expect(missing('LOCAL', 'tech').message).toContain('Replicas must share DATA_DIR/scraped');
    expect(missing('LOCAL', 'tech').retryable).toBe(false);
    expect(new FileTruncated(3)).toMatchObject({ name: 'FileTruncated', message: 'only 3 bytes are left' });
    expect(new OutsideRoot('tech').name).toBe('OutsideRoot');
  });
});

describe('the failure of S3', () => {
  const answered = (name: string, httpStatusCode: number) =>
    Object.assign(new Error('hunter2'), { name, $metadata: { httpStatusCode } });
  const failureOf = (name: string, status: number) => s3Failure('tech', answered(name, status)) as SinkFailed;
  const PERMISSIONS =
    ': see S3_ACCESS_KEY_ID, its secret, and its permissions to list, read, write and delete in S3_BUCKET';

  it.each([
    ['InternalError', 500, true],
    ['SlowDown', 503, true],
    ['TooManyRequests', 429, true],
    ['RequestTimeout', 408, true],
    ['NoSuchUpload', 404, true],
    ['NoSuchKey', 404, false],
    ['Strange', 499, false],
    ['Strange', 407, false],
    ['Strange', 428, false],
  ])('with %s (%d) is transient: %s', (name, status, retryable) => {
    expect(failureOf(name, status)).toMatchObject({
      ...{ retryable, target: 'S3', path: 'tech' },
      message: `S3 tech: the server refused with ${status} ${name}`,
    });
  });

  it.each([
    ['NoSuchBucket', 404, '404 NoSuchBucket: create the bucket, or set S3_BUCKET to another'],
    ['Whatever', 403, `403 Whatever${PERMISSIONS}`],
    ['AccessDenied', 400, `400 AccessDenied${PERMISSIONS}`],
    ['ExpiredToken', 400, `400 ExpiredToken${PERMISSIONS}`],
    ['InvalidAccessKeyId', 400, `400 InvalidAccessKeyId${PERMISSIONS}`],
    ['SignatureDoesNotMatch', 400, `400 SignatureDoesNotMatch${PERMISSIONS}`],
    ['PermanentRedirect', 301, '301 PermanentRedirect: see S3_REGION and S3_ENDPOINT'],
    ['Error', 400, '400'],
    ['not a code', 400, '400'],
    ['Aé', 400, '400'],
    ['X', 400, '400'],
    [`A${'b'.repeat(61)}`, 400, '400'],
    ['xNoSuchKey', 400, '400'],
  ])('with %s (%d) says %s', (name, status, reason) => {
    expect(failureOf(name, status).message).toBe(`S3 tech: the server refused with ${reason}`);
  });

  it.each([
    ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'],
    ...['EHOSTUNREACH', 'ENETUNREACH'],
  ])('is transient where the server is not reached (%s)', (code) => {
    expect(s3Failure(null, Object.assign(new Error('10.0.0.1'), { code }))).toMatchObject({
      retryable: true,
      message: `S3: the server does not answer (${code}): see S3_ENDPOINT`,
    });
  });

  it('is transient where the connection timed out, which only its name says', () => {
    const error = Object.assign(new Error('x'), { name: 'TimeoutError' });
    expect(s3Failure(null, error)).toMatchObject({ retryable: true });
  });

  it('is told by its status where it has no name', () => {
    expect(s3Failure(null, { $metadata: { httpStatusCode: 500 } })).toMatchObject({
      message: 'S3: the server refused with 500',
    });
  });

  it('is not what else was thrown', () => {
    for (const error of [new Error('x'), new SinkFailed('S3', null, 'x')]) {
      expect(s3Failure('tech', error)).toBe(error);
    }
  });

  it('says of what is missing whether it is an object', () => {
    expect(isMissingObject(answered('NotFound', 404))).toBe(true);
    expect(isMissingObject(answered('NoSuchBucket', 404))).toBe(false);
    expect(isMissingObject(answered('NotFound', 403))).toBe(false);
    expect(isMissingObject(new Error('x'))).toBe(false);
    expect(isUnknownUpload(answered('NoSuchUpload', 404))).toBe(true);
    expect(isUnknownUpload(answered('NoSuchKey', 404))).toBe(false);
  });
});

describe('the next upload of a month', () => {
  it.each([
    [0, 1_000],
    [50, 1_000],
    [101, 1_010],
    [2_000, 20_000],
    [60_000, 300_000],
  ])('after one that took %i ms is due %i ms later', (tookMs, dueMs) => {
    expect(uploadThrottle(tookMs)).toBe(dueMs);
  });
});
