/** What stands in the place of a secret. */
export const REDACTED = '[redacted]';

const LONGEST_TEXT = 16_384;

const SECRET_SHAPES: readonly (readonly [RegExp, string])[] = [
  // Session strings, and anything else that is long enough to be a 256-byte key in base64 or hexadecimal.
  [/[\w+/-]{300,}={0,2}/g, REDACTED],
  [/tg_[\w-]{43,}/g, REDACTED],
  // A bot's token, also behind `bot` as in the addresses of the Bot API.
  [/\d{6,12}:[\w-]{35}(?![\w-])/g, REDACTED],
  [/:\/\/[^\s/?#]*@/g, `://${REDACTED}@`],
  [/\b(Bearer\s+)[\w.~+/=-]{8,}/gi, `$1${REDACTED}`],
  [
    /([?&](?:api_key|session_string|secret|password|pass|token|api_hash|bot_token)=)[^&\s#]+/gi,
    `$1${REDACTED}`,
  ],
];

/**
 * `text` without what looks like a secret: session strings, API keys, bot tokens, the user and password in a
 * URL, bearer tokens, secrets in a query. Longer than 16 Ki characters, it is cut at a blank.
 */
export function redactText(text: string): string {
  let kept = text.length > LONGEST_TEXT ? cut(text) : text;
  for (const [shape, replacement] of SECRET_SHAPES) kept = kept.replace(shape, replacement);
  return kept;
}

/** Half a secret would no longer look like one, so none may be cut through. */
function cut(text: string): string {
  const start = text.slice(0, LONGEST_TEXT);
  const end = start.search(/\s\S*$/);
  return `${start.slice(0, Math.max(end, 0))}… [${text.length} characters]`;
}
