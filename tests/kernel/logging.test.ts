import { describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/kernel/logging.js';
import { Lines, logged } from '../logged.js';

describe('a log entry', () => {
  it('is one line of JSON: time, level, message, fields', () => {
    const stream = new Lines();
    const logger = createLogger({ level: 'info', stream });
    logger.info('two\nlines', { session_id: 42, tags: ['a'] });
    logger.warn('plain');
    expect(stream.text.split('\n')).toHaveLength(3);
    const [first, second] = stream.entries;
    expect(first).toEqual({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      level: 'info',
      message: 'two\nlines',
      session_id: 42,
      tags: ['a'],
    });
    expect(second).toMatchObject({ level: 'warn', message: 'plain' });
  });

  it('below the log level is omitted', () => {
    const stream = new Lines();
    createLogger({ level: 'warn', stream }).info('not this');
    expect(stream.text).toBe('');
  });

  it('keeps its own message, level and time whatever the fields are called', () => {
    const entry = logged({ message: 'other', level: 'error', timestamp: 0, session_id: 1 });
    expect(entry).toMatchObject({ message: 'something happened', level: 'info', session_id: 1 });
    expect(entry.timestamp).not.toBe(0);
  });

  it('keeps its fields where the message has a percent sign', () => {
    expect(logged({ session_id: 42 }, '50 %d')).toMatchObject({ message: '50 %d', session_id: 42 });
  });

  it('of a child has the fields of both', () => {
    const stream = new Lines();
    createLogger({ level: 'info', stream }).child({ request_id: 'r1' }).info('hello', { session_id: 42 });
    expect(stream.entries).toEqual([expect.objectContaining({ request_id: 'r1', session_id: 42 })]);
  });
});

describe('an error in a log', () => {
  const error = Object.assign(new Error('disk full', { cause: new Error('quota') }), { code: 'ENOSPC' });
  const shown = {
    name: 'Error',
    message: 'disk full',
    code: 'ENOSPC',
    stack: expect.stringContaining('logging.test'),
    cause: expect.objectContaining({ message: 'quota' }),
  };

  it('is logged completely, as a field', () => {
    expect(logged({ job: 'sync', error })).toMatchObject({ job: 'sync', error: shown });
  });

  it('is logged completely instead of the fields', () => {
    const entry = logged(error);
    expect(entry).toMatchObject({ message: 'something happened', error: shown });
    expect(Object.keys(entry)).toEqual(['timestamp', 'level', 'message', 'error']);
  });

  it('is logged completely on its own', () => {
    const stream = new Lines();
    createLogger({ level: 'info', stream }).error(new TypeError('bad'));
    expect(stream.entries).toEqual([
      expect.objectContaining({ message: 'bad', error: expect.objectContaining({ name: 'TypeError' }) }),
    ]);
  });
});
