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
  expect(() => configured({ apiId: 2 })).toThrow(/^api_hash:/);
  expect(() => configured({ apiHash: 'two' })).toThrow(/^api_id:/);
  expect(() => configured({ apiHash: 'two' })).toThrow(
    expect.objectContaining({ code: 'application_incomplete', field: 'api_id' }),
  );
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
