import { z } from 'zod';
import {
  channel,
  channels,
  flag,
  repeatable,
  sessionId,
  telegramId,
  text,
  wholeNumber,
} from '../http/parameters.js';
import { MAX_TTL_SECONDS } from './states.js';
import { STRATEGIES } from './store.js';

/** The maximum flood wait that is accepted, in seconds. */
const MAX_FLOOD_SECONDS = 31_536_000;

const ttl = wholeNumber(1, MAX_TTL_SECONDS).meta({ description: 'How long the lease lasts, in seconds' });

const method = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.]{0,99}$/, "expected a Telegram method's name, such as messages.getHistory")
  .meta({ description: "Telegram's method, such as `messages.getHistory`" });

const leaseId = text(100).meta({ description: 'The lease, as returned by `GET /session`' });

const seconds = wholeNumber(0, MAX_FLOOD_SECONDS);

/** The parameters of `/session`. */
export const acquireInput = z.object({
  ttl: ttl.optional(),
  wait: wholeNumber(0, 60)
    .default(0)
    .meta({ description: 'Wait up to this many seconds for a free session' }),
  tag: repeatable(text(64), 20)
    .optional()
    .meta({ description: 'Repeatable; the session must have all of them' }),
  session_id: sessionId.optional(),
  session_name: text(1024).optional(),
  method: method.optional(),
  channel: channels(20).optional().meta({
    description:
      'Repeatable: the channels to work with, `@name`, id or link. A session that knows them is preferred; another one needs resolves left',
  }),
  strategy: z.enum(STRATEGIES).default('least_recently_used').meta({
    description:
      'Which of the free sessions; `healthiest`: the highest health score; `round_robin`: the next id after the last one given so',
  }),
  allow: z.enum(['frozen']).optional().meta({
    description:
      '`frozen`: a session whose account is frozen, which can only read, if no other is free; never for a `method` that it cannot call',
  }),
  credentials: z
    .enum(['string', 'file'])
    .optional()
    .meta({ description: 'Include the session itself in the answer' }),
  format: z
    .enum(['telethon', 'gramjs', 'pyrogram'])
    .default('telethon')
    .meta({ description: 'Of `session_string`' }),
  egress: flag.optional().meta({
    description: '`proxy` is this service, which cuts off what goes through when the lease ends',
  }),
});

export const heartbeatInput = z.object({ session_id: sessionId, lease_id: leaseId, ttl: ttl.optional() });

export const releaseInput = z.object({
  session_id: sessionId,
  lease_id: leaseId.optional(),
  flood_wait: seconds.optional().meta({ description: 'A flood wait that ended the work, in seconds' }),
  method: method.optional(),
});

export const invalidateInput = z.object({
  session_id: sessionId,
  lease_id: leaseId.optional(),
  reason: text(500).optional(),
});

export const restoreInput = z.object({ session_id: sessionId });

export const floodwaitInput = z.object({
  session_id: sessionId,
  wait_seconds: seconds,
  lease_id: leaseId.optional(),
  method: method.optional(),
});

export const reportInput = z.object({
  session_id: sessionId,
  lease_id: leaseId,
  error: text(500).meta({ description: "Telegram's name of the error", example: 'FLOOD_WAIT_3600' }),
  method: method.optional(),
  channel: channel.optional().meta({
    description: 'The channel that the call was about: after `CHANNEL_INVALID` and the like it is forgotten',
  }),
});

const moment = z.iso.datetime();
const proxy = z
  .object({
    type: z.string(),
    host: z.string(),
    port: z.int(),
    user: z.string().nullable(),
    pass: z.string().nullable(),
  })
  .nullable();

/** A channel as a session addresses it. */
export const peerAnswer = z
  .object({
    id: telegramId,
    access_hash: telegramId.nullable().meta({
      description: 'Of this session only; null: a basic group, which has none',
    }),
    type: z.enum(['channel', 'chat']).meta({
      description: '`channel`: a channel or supergroup; `chat`: a basic group',
    }),
    username: z.string().nullable(),
    title: z.string(),
  })
  .meta({ id: 'Peer' });

export const leaseAnswer = z
  .object({
    session_id: z.int(),
    session_name: z.string(),
    lease_id: z.string(),
    expires_at: moment,
    session_file: z.string().nullable().meta({ description: 'Relative to SESSIONS_DIR' }),
    format: z.string(),
    phone_number: z.string().nullable(),
    proxy,
    tags: z.array(z.string()),
    peer: peerAnswer.nullable().optional().meta({
      description: 'With one `channel`: as this session knows it; null: it has to resolve it',
    }),
    peers: z.array(peerAnswer.nullable()).optional().meta({
      description: 'With `channel`: one for each, in their order',
    }),
    session_string: z.string().optional().meta({ description: 'With `credentials`' }),
    session_data: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'With `credentials=file`: the file, in base64; null if there is none' }),
  })
  .meta({ id: 'Lease' });

export const noFreeSessionAnswer = z
  .object({
    detail: z.object({
      error: z.enum(['no_free_session', 'no_sessions_directory', 'resolve_budget']),
      message: z.string().optional().meta({ description: 'With `no_sessions_directory`: why it is gone' }),
      in_floodwait: z.int(),
      next_release_in: z.int().nullable().meta({
        description:
          'Seconds until a flood wait ends, or a session has uses left again; null: neither is due',
      }),
      in_use: z.int(),
      unavailable: z.record(z.string(), z.int()),
      flooded_for_methods: z.int(),
      resolves_left: z.int().optional().meta({
        description: 'With `resolve_budget`: the most that a free session has left, which is not enough',
      }),
      next_resolve_in: z.int().nullable().optional().meta({
        description: 'With `resolve_budget`: when one has enough, in seconds; null: never',
      }),
    }),
  })
  .meta({ id: 'NoFreeSession' });

export const heartbeatAnswer = z.object({
  status: z.literal('renewed'),
  session_id: z.int(),
  lease_id: z.string(),
  expires_at: moment,
});

/** The answer of a route that reports a session's new status. */
export function statusOf(status: string) {
  return z.object({ status: z.literal(status), session_id: z.int() });
}

export const floodwaitAnswer = statusOf('floodwait').extend({
  floodwait_until: moment,
  method: z.string().nullable(),
});

export const reportAnswer = z.object({
  action: z.enum(['wait', 'swap', 'stop', 'retry']).meta({
    description:
      'wait: keep the session and wait; swap: release it and lease another; stop: the session is dead, drop it; retry: try again',
  }),
  wait_seconds: z.int().optional(),
  status: z.string(),
  session_id: z.int(),
  error: z.string(),
  method: z.string().nullable(),
  floodwait_until: moment.nullable(),
});
