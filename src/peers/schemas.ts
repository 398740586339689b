import { z } from 'zod';
import { channel, channelId, flag, page, sessionId, telegramId, text } from '../http/parameters.js';
import { peerAnswer } from '../pool/lease_schemas.js';
import { PEER_TYPES } from './store.js';

const username = z
  .string()
  .regex(/^@?[A-Za-z][A-Za-z0-9_]{3,31}$/, 'expected a username')
  .transform((name) => name.replace(/^@/, ''));

const learntPeer = z
  .object({
    id: channelId,
    access_hash: telegramId.nullish().meta({ description: 'Of this session; null: a basic group has none' }),
    type: z.enum(PEER_TYPES).default('channel'),
    username: username.nullish(),
    title: z.string().max(300).nullish(),
  })
  .refine(({ type, access_hash }) => type === 'chat' || Boolean(access_hash), {
    path: ['access_hash'],
    error: 'a channel needs its access hash',
  });

/** The body of `POST /peers`. */
export const learnInput = z.object({
  session_id: sessionId,
  lease_id: text(100).meta({ description: 'The lease, as returned by `GET /session`' }),
  peers: z.array(learntPeer).min(1).max(200),
  resolved: flag.default(true).meta({
    description: 'Whether those with a username were found by it, which counts; false: in the dialogs, say',
  }),
});

export const learnAnswer = z.object({ status: z.literal('saved'), session_id: z.int(), peers: z.int() });

/** The filters of `GET /peers`. */
export const peersInput = page.extend({
  channel: channel.optional(),
  session_id: sessionId.optional(),
});

export const peersAnswer = z.array(
  peerAnswer.extend({
    access_hash: peerAnswer.shape.access_hash.meta({ description: 'null unless the key is an admin' }),
    session_id: z.int().meta({ example: 42 }),
    session_name: z.string().meta({ example: 'session42' }),
    channel: z.string().meta({ description: 'What it is found by', example: '@durov' }),
    used_at: z.iso.datetime(),
    resolves_left: z.int().meta({ description: 'Usernames that this session may still resolve' }),
  }),
);

export const budgetAnswer = z.object({
  session_id: z.int().meta({ example: 42 }),
  channels_known: z.int(),
  resolves_per_day: z.int().meta({ description: 'The setting, or what a flood has lowered it to' }),
  resolves_used: z.int().meta({ description: 'Within the last 24 hours' }),
  resolves_left: z.int(),
  next_resolve_in: z
    .int()
    .nullable()
    .meta({ description: 'Seconds until one is left; 0: one is; null: never' }),
});
