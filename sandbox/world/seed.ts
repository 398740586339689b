import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { normalizePhoneNumber } from '../../src/kernel/phone_number.js';

const phone = z.string().refine((text) => normalizePhoneNumber(text) !== null, 'expected a phone number');
const id = z.union([z.int().positive(), z.string().regex(/^\d+$/)]).transform(BigInt);
const accessHashes = z
  .record(
    phone,
    z
      .string()
      .regex(/^-?\d+$/)
      .transform(BigInt),
  )
  .default({});
const time = z.iso.datetime().transform((text) => Math.floor(Date.parse(text) / 1000));

const account = z.strictObject({
  phone,
  id,
  /** The home data centre; by default the digit X of a phone number `99966XYYYY`. */
  dc: z.int().positive().optional(),
  first_name: z.string(),
  last_name: z.string().optional(),
  username: z.string().optional(),
  about: z.string().optional(),
  /** Two-step verification. */
  password: z.string().optional(),
  password_hint: z.string().optional(),
  /** Its login code; by default X five times. */
  code: z.string().optional(),
  code_via: z.enum(['app', 'sms']).default('app'),
  /** The error of `auth.sendCode` for this number. */
  refused: z.string().optional(),
});

const bot = z.strictObject({
  /** As BotFather gives it: the bot's id, a colon, and its secret. */
  token: z.string().regex(/^[1-9]\d{5,11}:[\w-]{35}$/),
  first_name: z.string(),
  username: z.string().optional(),
  /** The home data centre. */
  dc: z.int().positive().default(2),
});

const post = z.strictObject({
  text: z.string().default(''),
  date: time.optional(),
  file: z
    .strictObject({ type: z.string(), name: z.string().optional(), size: z.int().nonnegative() })
    .optional(),
});

/** Thousands of messages in one line: which have files, and which files, is derived from the message's id. */
const generated = z.strictObject({
  count: z.int().positive(),
  files: z.int().nonnegative().default(0),
  file_types: z.array(z.string()).min(1).default(['photo', 'pdf', 'video', 'text', 'zip']),
  smallest_file: z.int().positive().default(2_000),
  largest_file: z.int().positive().default(60_000),
  seconds_between: z.int().positive().default(600),
  /** One in this many messages was deleted, and its id is missing. */
  deleted_every: z.int().min(2).optional(),
  /** All from the first of these ids to the second were deleted as well. */
  deleted: z.tuple([z.int().positive(), z.int().positive()]).optional(),
});

const channel = z.strictObject({
  id,
  title: z.string(),
  /** If set, the channel is public. */
  username: z.string().optional(),
  about: z.string().default(''),
  kind: z.enum(['broadcast', 'megagroup']).default('broadcast'),
  members: z.union([z.literal('everyone'), z.array(phone)]),
  /** Its reported number of members. */
  participants: z.int().nonnegative().default(1),
  created: time,
  /** The data centre of its files. */
  dc: z.int().positive().default(2),
  access_hash: accessHashes,
  /** How many channels of this kind there are: ids count up, titles and usernames get a number. */
  copies: z.int().positive().default(1),
  messages: z.union([generated, z.array(post)]).default([]),
});

const seedSchema = z.strictObject({
  data_centres: z.int().min(3).max(20).default(3),
  /** How long a code is valid. */
  code_seconds: z.int().positive().default(300),
  /** `api_id`s that Telegram rejects; every other positive one is accepted, with any api_hash. */
  refused_api_ids: z.array(z.int()).default([]),
  accounts: z.array(account).min(1),
  bots: z.array(bot).default([]),
  channels: z.array(channel).default([]),
});

/** The world as described by its seed. Times in seconds since 1970. */
export type Seed = z.output<typeof seedSchema>;
/** One of the seed's accounts. */
export type SeedAccount = z.output<typeof account>;
/** One of the seed's bots. */
export type SeedBot = z.output<typeof bot>;
/** One of the seed's channels, or several similar ones. */
export type SeedChannel = z.output<typeof channel>;
/** One message written out in the seed. */
export type SeedPost = z.output<typeof post>;
/** Many messages described in one line. */
export type SeedGenerated = z.output<typeof generated>;

/** The seed in `value`. Throws zod's error, which lists what is wrong. */
export function parseSeed(value: unknown): Seed {
  return seedSchema.parse(value);
}

/** The seed in a JSON file. Throws the file system's error, SyntaxError, or zod's. */
export function readSeed(path: string | URL): Seed {
  return parseSeed(JSON.parse(readFileSync(path, 'utf8')));
}
