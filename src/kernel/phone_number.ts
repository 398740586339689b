/**
 * The phone number with `+` and digits only, from the ways people write it: with or without `+`, with blanks, dashes,
 * dots and brackets. Null: it can't be an international number (ITU-T E.164: at most 15 digits, the first not 0).
 */
export function normalizePhoneNumber(text: string): string | null {
  const digits = /^\+?([1-9]\d{6,14})$/.exec(text.replace(/[\s().-]/g, ''))?.[1];
  return digits === undefined ? null : `+${digits}`;
}
