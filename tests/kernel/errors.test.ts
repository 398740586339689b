import { describe, expect, it } from '@jest/globals';
import {
  BadRequest,
  Conflict,
  DatabaseDamaged,
  InvalidInput,
  NotFound,
  Unavailable,
} from '../../src/kernel/errors.js';

describe('an error', () => {
  it('in plain words has a code of its own, and the field that is wrong', () => {
    expect(new BadRequest('Invalid OTP code', { code: 'invalid_otp_code', field: 'code' })).toMatchObject({
      ...{ status: 400, detail: 'Invalid OTP code', message: 'Invalid OTP code' },
      ...{ code: 'invalid_otp_code', field: 'code', retryAfterSeconds: null },
    });
  });

  it('with facts has the code of its detail, and says it in words where there are any', () => {
    const detail = { error: 'name_taken', message: 'This name is taken by x', session_id: 1 };
    expect(new Conflict(detail)).toMatchObject({ status: 409, code: 'name_taken', field: null, detail });
    expect(new Conflict(detail).message).toBe('This name is taken by x');
    expect(new Conflict({ error: 'lease_lost' }).message).toBe('lease_lost');
  });

  it('of an object that does not exist names the object in its code', () => {
    expect(new NotFound('Session')).toMatchObject({ status: 404, code: 'session_not_found' });
    expect(new NotFound('Temp session')).toMatchObject({
      detail: 'Temp session not found',
      code: 'temp_session_not_found',
    });
  });

  it('of an input names the first field that is wrong', () => {
    const issue = (...loc: string[]) => ({ loc, msg: 'Field required', type: 'missing' });
    expect(new InvalidInput([issue('body', 'code'), issue('body', 'name')])).toMatchObject({
      ...{ status: 422, code: 'invalid_input', field: 'code' },
      message: 'Field required; Field required',
    });
    expect(new InvalidInput([issue('body')]).field).toBeNull();
  });

  it('that passes says when, and may have a cause', () => {
    const cause = new Error('lost');
    const error = new Unavailable('The service is stopping', 7, { code: 'shutting_down', cause });
    expect(error).toMatchObject({ status: 503, code: 'shutting_down', retryAfterSeconds: 7, cause });
    expect(new DatabaseDamaged()).toMatchObject({ code: 'database_damaged', retryAfterSeconds: 60 });
  });
});
