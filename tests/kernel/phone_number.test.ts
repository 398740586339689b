import { expect, test } from '@jest/globals';
import { normalizePhoneNumber } from '../../src/kernel/phone_number.js';

test.each([
  ['+573025288905', '+573025288905'],
  ['573025288905', '+573025288905'],
  ['+1 (555) 000-1111', '+15550001111'],
  ['1.555.000.1111', '+15550001111'],
  [' +79001234567\n', '+79001234567'],
  ['(+7) 900 123-45-67', '+79001234567'],
  ['+1234567', '+1234567'],
  ['+123456789012345', '+123456789012345'],
])('%j is the phone number %s', (text, phoneNumber) => {
  expect(normalizePhoneNumber(text)).toBe(phoneNumber);
});

test.each([
  '',
  '+',
  '123456',
  '1234567890123456',
  '0123456789',
  '+0123456789',
  '++79001234567',
  '7900+1234567',
  '7900123456x',
  'phone 79001234567',
  '+7/9001234567',
  '+٧٩٠٠١٢٣٤٥٦٧',
])('%j is none', (text) => {
  expect(normalizePhoneNumber(text)).toBeNull();
});
