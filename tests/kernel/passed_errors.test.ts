import { describe, expect, it } from '@jest/globals';
import { BadRequest, Conflict, DatabaseDamaged, Unavailable } from '../../src/kernel/errors.js';
import { ErrorPassing } from '../../src/kernel/passed_errors.js';

class LeaseGone extends Error {
  override readonly name = 'LeaseGone';
}

/** Not among those that are told apart. */
class SocketConflict extends Conflict {
  readonly sockets = [() => undefined];
}

const errors = new ErrorPassing([BadRequest, Conflict, DatabaseDamaged, Unavailable, LeaseGone]);

/** The error as the other thread gets it. */
const passed = (error: unknown) => errors.unpack(structuredClone(errors.pack(error)));

describe('an error that passes to another thread', () => {
  it('keeps its class, status, code, field, words and stack', () => {
    const error = new BadRequest('Invalid OTP code', { code: 'invalid_otp_code', field: 'code' });
    const arrived = passed(error);
    expect(arrived).toBeInstanceOf(BadRequest);
    expect(arrived).toMatchObject({
      ...{ name: 'BadRequest', status: 400, code: 'invalid_otp_code', field: 'code' },
      ...{ message: 'Invalid OTP code', detail: 'Invalid OTP code', stack: error.stack },
    });
  });

  it('keeps its facts, and when to retry', () => {
    const detail = { error: 'no_free_session', in_use: 3, unavailable: { dead: 1 } };
    expect(passed(new Unavailable(detail, 7))).toMatchObject({ detail, retryAfterSeconds: 7, status: 503 });
  });

  it('is what it extends as well', () => {
    expect(passed(new DatabaseDamaged())).toBeInstanceOf(Unavailable);
    expect(passed(new LeaseGone('l1'))).toMatchObject({ name: 'LeaseGone', message: 'l1' });
  });

  it('keeps its cause', () => {
    const cause = Object.assign(new Error('disk'), { code: 'SQLITE_FULL' });
    const arrived = passed(new Unavailable({ error: 'storage_unavailable' }, 5, { cause }));
    expect(arrived.cause).toMatchObject({ message: 'disk', code: 'SQLITE_FULL' });
  });

  it('has the nearest class that is known, and its own name', () => {
    const arrived = passed(new TypeError('not a function'));
    expect(arrived).toMatchObject({ name: 'TypeError', message: 'not a function' });
    expect(arrived).not.toBeInstanceOf(Conflict);
  });

  it('of no known class keeps its simple values', () => {
    const error = Object.assign(new Error('reset'), { code: 'ECONNRESET', socket: () => undefined });
    expect(Object.entries(passed(error))).toEqual([['code', 'ECONNRESET']]);
  });

  it('may be no error at all', () => {
    expect(passed('no reason')).toMatchObject({ name: 'Error', message: 'no reason' });
    expect(passed(AbortSignal.abort().reason)).toMatchObject({ name: 'AbortError' });
  });

  it('loses what no thread can receive', () => {
    const arrived = passed(new SocketConflict({ error: 'in_use' }));
    expect(arrived).toBeInstanceOf(Conflict);
    expect(arrived).toMatchObject({ code: 'in_use', status: 409 });
    expect(arrived).not.toHaveProperty('sockets');
  });
});
