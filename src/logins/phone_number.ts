import { BadRequest } from '../errors.js';

/**
 * A phone number in international form (ITU-T E.164: up to 15 digits, none of them a leading 0), as people
 * write it, with `+` and without blanks, dashes and brackets.
 * @throws BadRequest where it can't be one.
 */
export function parsePhoneNumber(text: string): string {
  const digits = /^\+?([\d\s().-]+)$/.exec(text.trim())?.[1]?.replace(/\D/g, '');
  if (digits === undefined || !/^[1-9]\d{6,14}$/.test(digits)) throw new BadRequest('Invalid phone number');
  return `+${digits}`;
}
