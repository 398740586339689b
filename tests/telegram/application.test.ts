import { expect, it } from '@jest/globals';
import { BadRequest } from '../../src/kernel/errors.js';
import { applicationChooser } from '../../src/telegram/application.js';

const configured = applicationChooser(1, 'one');
const given = { apiId: 2, apiHash: 'two' };

it('chooses the application that is given, else the configured one', () => {
  expect(configured(given)).toEqual(given);
  expect(configured({})).toEqual({ apiId: 1, apiHash: 'one' });
  expect(configured({ apiId: undefined, apiHash: undefined })).toEqual({ apiId: 1, apiHash: 'one' });
});

it('refuses half an application, and names what is missing', () => {
  expect(() => configured({ apiId: 2 })).toThrow(BadRequest);
  const refusal = (field: string) => ({
    message: `${field}: api_id and api_hash belong together, send both or neither`,
    ...{ code: 'application_incomplete', field },
  });
  expect(() => configured({ apiId: 2 })).toThrow(expect.objectContaining(refusal('api_hash')));
  expect(() => configured({ apiHash: 'two' })).toThrow(expect.objectContaining(refusal('api_id')));
});

it('refuses to go on where none is known', () => {
  for (const chooser of [
    applicationChooser(null, null),
    applicationChooser(1, null),
    applicationChooser(null, 'one'),
  ]) {
    expect(() => chooser({})).toThrow(BadRequest);
    expect(() => chooser({})).toThrow(/TELEGRAM_API_ID/);
    expect(() => chooser({})).toThrow(
      expect.objectContaining({ code: 'application_required', field: 'api_id' }),
    );
    expect(chooser(given)).toEqual(given);
  }
});
