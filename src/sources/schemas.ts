import { z } from 'zod';
import { clearable, sessionId, text, wholeNumber } from '../http/parameters.js';
import { ACCESS_LEVELS, TARGETS } from './store.js';

/** Any text up to this many characters (not UTF-16 units), without control characters and lone surrogates. */
function label(max: number) {
  return z.string().regex(new RegExp(`^[^\\p{Cc}\\p{Cs}]{1,${max}}$`, 'u'), {
    error: `expected 1 to ${max} characters, none of them a control character`,
  });
}

const sourceName = label(200).meta({ example: 'Euronews English' });

/** A channel as text, or its id as a number of any width. */
const channel = z
  .union([z.string().max(300), z.bigint(), z.int()], 'expected a name, a link, or an id')
  .transform(String)
  .meta({
    override: {
      type: ['string', 'integer'],
      description: '`@name`, `name`, `https://t.me/name`, `-1001234567890` or `1234567890`',
    },
  });

const accessLevel = z.enum(ACCESS_LEVELS);
const target = z.enum(TARGETS).meta({ description: 'Where scraped data is stored' });
const session = sessionId.optional();

const fileTypes = z
  .union([z.array(z.string().max(50)).max(100), z.string().max(1000)], 'expected a list of extensions')
  .transform((given) => (typeof given === 'string' ? given.split(',') : given))
  .meta({
    override: {
      type: 'array',
      items: { type: 'string' },
      description: 'Extensions of the files to download. Omitted: all; an empty list: none',
    },
  });

const isActive = z
  .union([z.boolean(), z.enum(['active', 'inactive', 'true', 'false'])])
  .transform((value) => value === true || value === 'active' || value === 'true')
  .meta({
    override: {
      oneOf: [{ type: 'boolean' }, { type: 'string', enum: ['active', 'inactive'] }],
      description: 'A paused source runs on demand only',
    },
  });

const channelTitle = label(255);
const targetPath = z
  .string()
  .max(1024)
  .meta({ description: "Relative to the target's root; omitted: a directory named after the source's id" });
const schedule = z
  .string()
  .max(1000)
  .meta({ description: 'A cron expression of 5 or 6 fields, in UTC', example: '0 */6 * * *' });
const apiId = wholeNumber(1, 2 ** 31 - 1);
const apiHash = text(200);
const botToken = text(200).meta({
  description: 'A bot that reads a public channel, given by its name, while no session is free',
});

const checkChannel = z.boolean().optional().meta({
  description:
    'Ask Telegram first, and refuse a channel that does not exist. It is saved if Telegram cannot say, since no session is free, say',
});

/** Which channel is looked for, and with which session. */
export const checkInput = z.object({
  identifier: channel.optional(),
  channel_username: channel.optional(),
  channel_id: channel.optional(),
  session_id: session.meta({ description: 'The session that shall read it; needed for an id' }),
});

/** The optional fields of any new source. */
const common = {
  check_channel: checkChannel,
  channel_title: channelTitle.optional(),
  file_types: fileTypes.optional(),
  target_path: targetPath.optional(),
  schedule: schedule.optional(),
  is_active: isActive.optional(),
  api_id: apiId.optional(),
  api_hash: apiHash.optional(),
};

export const createInput = z.object({
  name: sourceName,
  identifier: channel,
  access_level: accessLevel,
  target,
  session_ref: session,
  session_id: session,
  bot_token: botToken.optional(),
  ...common,
});

export const privateInput = z.object({
  name: sourceName,
  session_id: session,
  session_ref: session,
  channel_id: channel,
  target,
  ...common,
});

export const publicInput = z.object({
  name: sourceName,
  channel_username: channel,
  bot_token: botToken.optional(),
  target,
  ...common,
});

/** Every field of a source by every name it has; optional ones can be cleared. */
export const changeInput = z.object({
  name: sourceName.optional(),
  identifier: channel.optional(),
  channel_username: channel.optional(),
  channel_id: channel.optional(),
  access_level: accessLevel.optional(),
  target: target.optional(),
  is_active: isActive.optional(),
  session_ref: clearable(sessionId),
  session_id: clearable(sessionId),
  channel_title: clearable(channelTitle),
  file_types: clearable(fileTypes),
  target_path: clearable(targetPath),
  schedule: clearable(schedule),
  api_id: clearable(apiId),
  api_hash: clearable(apiHash),
  bot_token: clearable(botToken),
});

const sourceId = wholeNumber(1, Number.MAX_SAFE_INTEGER).meta({ description: 'The source', example: 1 });

export const sourceParams = z.object({ id: sourceId });

export const flowParams = z.object({
  name: text(1000).meta({ description: 'The name of a source' }),
});

export const flowInput = z.object({
  source_id: sourceId.optional().meta({ description: 'The source, whatever name is in the path' }),
});
