/** What tells text from numbers: an escape, a quote, a number. Each is short, however long the text is. */
const TOKEN = /\\.|"|-?\d[\d.eE+-]*/g;

/** An integer that may be too long for a number. */
const LONG = /^-?\d{16,}$/;

/** Cheap, and false for nearly every text. */
const HAS_LONG = /\d{16}/;

/**
 * As `JSON.parse`, but an integer that no number can hold exactly becomes a bigint: ids and access hashes of Telegram
 * have 64 bits. @throws SyntaxError.
 */
export function parseJson(text: string): unknown {
  if (!HAS_LONG.test(text)) return JSON.parse(text);
  // One NUL more than any text of the document has in a row: JSON spells it in one way only.
  let mark = '\\u0000';
  while (text.includes(mark)) mark += '\\u0000';
  const prefix = '\u0000'.repeat(mark.length / 6);
  let inText = false;
  const marked = text.replace(TOKEN, (token) => {
    if (token === '"') inText = !inText;
    const isLong = !inText && LONG.test(token) && !Number.isSafeInteger(Number(token));
    return isLong ? `"${mark}${token}"` : token;
  });
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(prefix) ? BigInt(value.slice(prefix.length)) : value,
  );
}

/** As `JSON.stringify`; a bigint becomes its digits in quotes, which the service reads exactly. */
export function stringifyJson(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) => (typeof field === 'bigint' ? `${field}` : field));
}
