import { z } from 'zod';
import { foldIdentifier, parseIdentifier } from '../kernel/channel_identifier.js';
import type { Order } from '../kernel/page.js';

function issue(context: z.RefinementCtx, type: string, message: string): never {
  context.addIssue({ code: 'custom', message, params: { type } });
  return z.NEVER;
}

/** A whole number from `min` to `max`, as a number, a bigint or digits. The error names what was expected. */
export function wholeNumber(min: number, max: number) {
  const wanted = `expected a whole number from ${min} to ${max}`;
  return z
    .unknown()
    .transform((value, context): number => {
      if (value === undefined) return issue(context, 'missing', 'Field required');
      if (Array.isArray(value)) return issue(context, 'value_error', `given more than once; ${wanted}`);
      const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
      if (typeof text !== 'string' || !/^-?\d{1,20}$/.test(text))
        return issue(context, 'int_parsing', wanted);
      const number = Number(text);
      if (number < min) return issue(context, 'greater_than_equal', wanted);
      if (number > max) return issue(context, 'less_than_equal', wanted);
      return number;
    })
    .meta({ override: { type: 'integer', minimum: min, maximum: max } });
}

/** A session's id. */
export const sessionId = wholeNumber(1, Number.MAX_SAFE_INTEGER).meta({
  description: 'The session, as returned by `GET /session`',
  example: 42,
});

/** The ids of Telegram's users and chats: signed, of 64 bits (core.telegram.org/bots/api, "Chat"). */
const telegramIds = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/**
 * An id of Telegram's, too wide for a number: a whole number of 64 bits, as a number, a bigint or digits, becomes
 * decimal digits. The error names what was expected.
 */
export const telegramId = z
  .unknown()
  .transform((value, context): string => {
    const wanted = `expected a whole number from ${telegramIds.min} to ${telegramIds.max}`;
    if (value === undefined) return issue(context, 'missing', 'Field required');
    if (Array.isArray(value)) return issue(context, 'value_error', `given more than once; ${wanted}`);
    const text = isExact(value) ? String(value) : value;
    if (typeof text !== 'string' || !/^-?\d{1,20}$/.test(text)) return issue(context, 'int_parsing', wanted);
    const id = BigInt(text);
    if (id < telegramIds.min) return issue(context, 'greater_than_equal', wanted);
    if (id > telegramIds.max) return issue(context, 'less_than_equal', wanted);
    return id.toString();
  })
  .meta({ override: { type: 'integer', format: 'int64' } });

/** A channel: `@name`, its id, or a link to it. Becomes `@name` in lower case, or the id in decimal digits. */
export const channel = identifier('expected @name, an id or a t.me link of a channel').meta({
  override: { type: 'string', maxLength: 200, example: '@durov' },
});

/** A channel's id, bare or as the Bot API marks it. Becomes decimal digits. */
export const channelId = identifier('expected the id of a channel', (found) => !found.startsWith('@')).meta({
  override: { type: 'integer', format: 'int64' },
});

function identifier(wanted: string, isWanted: (found: string) => boolean = () => true) {
  return z.unknown().transform((value, context): string => {
    if (value === undefined) return issue(context, 'missing', 'Field required');
    if (Array.isArray(value)) return issue(context, 'value_error', `given more than once; ${wanted}`);
    const text = isExact(value) ? String(value) : value;
    const found = typeof text === 'string' && text.length <= 200 ? parseIdentifier(text) : null;
    if (found === null || !isWanted(found)) return issue(context, 'value_error', wanted);
    return foldIdentifier(found);
  });
}

/** At most so many channels, or one: always a list. */
export function channels(most: number) {
  const items = { type: 'string', example: '@durov' } as const;
  return z
    .preprocess(asList, z.array(channel).min(1).max(most))
    .meta({ override: { type: 'array', items, maxItems: most } });
}

/** A number beyond these has already lost digits. */
function isExact(value: unknown): boolean {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
}

/** One of a few words; a flag in a query is `true`, `false`, `1` or `0`. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false', '1', '0', ''])], 'expected true or false')
  .transform((value) => value === true || value === 'true' || value === '1' || value === '')
  .meta({ override: { type: 'boolean' } });

/** Text of 1 to `max` characters without control characters. */
export function text(max: number) {
  return z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, 'must have no control characters');
}

/** A field that empty text clears: null then. Omitted, or null in JSON, it is unchanged. */
export function clearable<Value extends z.ZodType>(value: Value) {
  return z.preprocess((given) => (given === '' ? null : given), value.nullable()).optional();
}

/** A parameter that may be repeated: always a list. */
export function repeatable<Item extends z.ZodType>(item: Item, most: number) {
  return z
    .preprocess(asList, z.array(item).max(most))
    .meta({ override: { type: 'array', items: { type: 'string' }, maxItems: most } });
}

function asList(given: unknown): unknown[] {
  return Array.isArray(given) ? given : [given];
}

/** `skip` and `limit` of every list. */
export const page = z.object({
  skip: wholeNumber(0, Number.MAX_SAFE_INTEGER).default(0),
  limit: wholeNumber(1, 1000).default(100),
});

/** `q` of a list: the text that items contain, as `where` says. */
export function search(where: string, example: string) {
  return text(100).nullish().meta({ description: where, example });
}

/** `sort` of a list: one of these names or, with `-` in front, the other way round. */
export function sort<const Names extends readonly [string, ...string[]]>(names: Names) {
  const given = names.flatMap((name) => [name, `-${name}`]);
  const description = 'With `-` in front, the other way round';
  return z
    .enum(given)
    .transform(
      (name): Order<Names[number]> => ({ by: name.replace(/^-/, ''), descending: name.startsWith('-') }),
    )
    .meta({ override: { type: 'string', enum: given, description, example: `-${names[0]}` } })
    .nullish();
}
