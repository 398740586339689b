/** A username: at least 4 letters, since bought ones may be that short. */
const USERNAME = /^[a-z][a-z0-9_]{3,31}$/i;

/** Telegram's own hosts; a name may also be a subdomain of the first one. */
const LINK = /^(?:https?:\/\/)?(?:www\.)?(?:t\.me|telegram\.me|telegram\.dog)\/(.*)$/i;
const SUBDOMAIN = /^(?:https?:\/\/)?([a-z][a-z0-9_]{3,31})\.t\.me\/?$/i;
const RESOLVE = /^tg:(?:\/\/)?resolve\?domain=([a-z0-9_]+)$/i;

/** Channel ids are positive 64-bit numbers. */
const LARGEST_ID = 2n ** 63n - 1n;

/**
 * What the Bot API subtracts from a channel's id to distinguish it from users and groups
 * (core.telegram.org/api/bots/ids).
 */
const CHANNELS_BELOW = 1_000_000_000_000n;
const MARKED_DIGITS = 13;

/**
 * Normalises a channel in any common form to `@username` or its id in decimal digits; null: none of them. Invite
 * links (`t.me/+…`) do not identify their channel.
 */
export function parseIdentifier(given: string): string | null {
  const text = given.trim();
  if (/^-?\d{1,23}$/.test(text)) return channelId(text);
  const link = LINK.exec(text)?.[1];
  if (link !== undefined) return fromLink(link);
  return username((SUBDOMAIN.exec(text) ?? RESOLVE.exec(text))?.[1] ?? text.replace(/^@/, ''));
}

/** A normalised identifier in the spelling that all others of its channel share: Telegram ignores the case of names. */
export function foldIdentifier(identifier: string): string {
  return identifier.toLowerCase();
}

/** The path of a link: a name or `c/ID`, optionally followed by the number of a message (and of its topic). */
function fromLink(link: string): string | null {
  const path = link.replace(/[?#].*/, '').replace(/\/$/, '');
  const [, kind, name = ''] = /^(?:(s|c)\/)?@?([^/]+)(?:\/\d+){0,2}$/.exec(path) ?? [];
  if (kind !== 'c') return username(name);
  return /^\d{1,19}$/.test(name) ? channelId(name) : null;
}

function username(name: string): string | null {
  return USERNAME.test(name) ? `@${name}` : null;
}

function channelId(digits: string): string | null {
  const id = digits.startsWith('-') ? unmarked(digits.slice(1)) : BigInt(digits);
  return id > 0n && id <= LARGEST_ID ? id.toString() : null;
}

/** The id after a minus: of a channel by the Bot API's rule or, if no id is that large, with `-100` in front of it. */
function unmarked(digits: string): bigint {
  if (digits.length > MARKED_DIGITS && digits.startsWith('100')) return BigInt(digits.slice('100'.length));
  const marked = BigInt(digits);
  return marked >= CHANNELS_BELOW ? marked - CHANNELS_BELOW : marked;
}
