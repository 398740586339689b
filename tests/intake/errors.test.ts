import { statSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import {
  FileInUse,
  FileNameTaken,
  isSystemError,
  NoSessionsDirectory,
  ScanInterrupted,
  SessionFileUnreadable,
  SessionsDirectoryUnreadable,
  systemCode,
  withFileErrors,
} from '../../src/intake/errors.js';
import { packError, unpackError } from '../../src/intake/scan_protocol.js';
import { Failed } from '../../src/kernel/errors.js';

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

const refused = thrownBy(() => statSync('/nowhere'));

describe('an error', () => {
  it.each([
    ['of the operating system', refused, true, 'ENOENT'],
    ['with a code alone', Object.assign(new Error('no'), { code: 'E' }), false, 'no'],
    ['with a system call alone', Object.assign(new Error('no'), { syscall: 'open' }), false, 'no'],
    ['with no code', { syscall: 'open', code: undefined }, true, '[object Object]'],
    ['of ours', new Error('a mistake'), false, 'a mistake'],
    ['that is a text', 'text', false, 'text'],
    ['that is null', null, false, 'null'],
  ])('%s is told by its code, else by what it says', (_, error, isSystem, code) => {
    expect(isSystemError(error)).toBe(isSystem);
    expect(systemCode(error)).toBe(code);
  });

  it.each(['written', 'renamed', 'removed'] as const)(
    'of the system says that a file cannot be %s',
    async (done) => {
      const failed = await withFileErrors('a.session', done, async () => statSync('/nowhere')).catch(
        (error: unknown) => error,
      );
      expect(failed).toBeInstanceOf(Failed);
      expect(failed).toMatchObject({
        message: `Session file a.session can't be ${done}: ENOENT`,
        code: `session_file_not_${done}`,
        cause: refused,
      });
    },
  );

  it('of ours is passed on as it is, and so is a result', async () => {
    const mistake = new Error('a mistake');
    await expect(withFileErrors('a.session', 'written', () => Promise.reject(mistake))).rejects.toBe(mistake);
    expect(await withFileErrors('a.session', 'written', async () => 'result')).toBe('result');
  });

  it.each([
    new SessionsDirectoryUnreadable('/sessions', 'EACCES'),
    new SessionFileUnreadable('a.session', 'ENOENT'),
    new ScanInterrupted('no scan is under way'),
  ])('is the same behind the scan thread: %s', (error) => {
    const unpacked = unpackError(packError(error));
    expect(unpacked).toBeInstanceOf(error.constructor);
    expect({ ...unpacked, message: unpacked.message }).toEqual({ ...error, message: error.message });
  });

  it.each([new Error('a mistake'), 'a mistake'])(
    'without a class of its own interrupts the scan: %s',
    (error) => {
      const unpacked = unpackError(packError(error));
      expect(unpacked).toBeInstanceOf(ScanInterrupted);
      expect(unpacked.message).toBe('a mistake');
    },
  );
});

describe('what callers are told', () => {
  it('of a directory, and of a file, that can not be read', () => {
    const directory = new SessionsDirectoryUnreadable('/sessions', 'EACCES');
    expect(directory).toMatchObject({
      message: "Sessions directory /sessions can't be read: EACCES",
      code: 'sessions_directory_unreadable',
    });
    expect(new SessionFileUnreadable('a.session', 'ENOENT')).toMatchObject({
      message: "Session file a.session can't be read: ENOENT",
      code: 'session_file_unreadable',
    });
  });

  it('of a scan that was interrupted, and by which file', () => {
    const interrupted = new ScanInterrupted('scanner is closed');
    expect(interrupted).toMatchObject({ file: null, message: 'scanner is closed', code: 'scan_interrupted' });
    expect(new ScanInterrupted('it took too long', 'a.session').file).toBe('a.session');
  });

  it.each([
    ['b.session', 'b'],
    ['x/x.json', 'x'],
    ['a.txt', 'asked'],
  ])('of a name that %s has: it is that of %s', (conflict, name) => {
    expect(new FileNameTaken('asked', conflict).detail).toEqual({
      error: 'name_taken',
      message: `The name asked is taken: ${conflict} is in the sessions directory`,
      session_name: name,
    });
  });

  it('of a file that is being written, and of one that is at another replica', () => {
    expect(new FileInUse('a.session').detail).toEqual({
      error: 'file_in_use',
      message: 'Session file a.session is being written: close the program that has it open, and try again',
      session_file: 'a.session',
    });
    expect(new NoSessionsDirectory({ id: 3, name: 'a' }).detail).toEqual({
      error: 'no_sessions_directory',
      message:
        'This replica runs with SESSIONS_SYNC=off and has no access to the files of a. Send the request to a ' +
        'replica that has the sessions directory',
      session_id: 3,
      session_name: 'a',
    });
  });
});
