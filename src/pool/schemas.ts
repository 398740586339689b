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
const nullableMoment = moment.nullable();
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

export const statusAnswer = z
  .object({
    total: z.int(),
    free: z.int().meta({ description: 'What a plain `GET /session` could lease now' }),
    in_use: z.int(),
    in_floodwait: z.int().meta({
      description: 'Flood waits of whole sessions, or of some method only, and invalidated sessions',
    }),
    next_available: z.string().nullable().meta({ example: '2025-03-01 18:30:00' }),
    invalidated: z.int(),
    unavailable: z.int(),
    unavailable_reasons: z.record(z.string(), z.int()),
    flooded_for_methods: z.int().meta({ description: 'Free, but with a method flood' }),
    limited: z.int().meta({
      description: 'Whose account Telegram limits (`PEER_FLOOD`), whatever their status',
    }),
    frozen: z.int().meta({ description: 'Whose account is frozen, whatever their status' }),
    waiting: z.int().meta({ description: 'Waiting requests' }),
    oldest_lease_seconds: z.int().nullable(),
  })
  .meta({ id: 'PoolStatus' });

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
  floodwait_until: nullableMoment,
});

/** A lease id is a capability: monitors never see one. */
const LEASE_ID_OF_ADMIN = z.string().nullable().meta({ description: 'null unless the key is an admin' });

export const leasesAnswer = z.array(
  z.object({
    session_id: z.int(),
    session_name: z.string(),
    lease_id: LEASE_ID_OF_ADMIN,
    holder: z.string().meta({ example: 'key:3' }),
    holder_name: z.string().nullable().meta({ description: "The key's name; null: the service itself" }),
    address: z.string().nullable().meta({ description: "The client's address; null: the service itself" }),
    leased_at: moment,
    expires_at: moment,
    renewed: z.boolean(),
    held_seconds: z.int(),
    egress: z
      .object({
        connections: z.int().meta({ example: 2 }),
        bytes_up: z.int().meta({ example: 5120 }),
        bytes_down: z.int().meta({ example: 1048576 }),
      })
      .nullable()
      .meta({ description: 'What goes through the egress fence' }),
  }),
);

const HOLDER_NAME = z.string().nullable().meta({
  description: "The holder's name; null: there is no holder, or it is the service itself",
  example: 'scrapers',
});

export const historyAnswer = z.array(
  z.object({
    id: z.int(),
    at: moment,
    event: z.string(),
    detail: z.string().nullable(),
    lease_id: LEASE_ID_OF_ADMIN,
    holder: z.string().nullable().meta({ example: 'key:3' }),
    holder_name: HOLDER_NAME,
  }),
);

export const activityAnswer = z.array(
  z.object({
    id: z.int().meta({ example: 1000 }),
    at: moment,
    session_id: z.int().meta({ example: 42 }),
    session_name: z
      .string()
      .nullable()
      .meta({ description: 'null: the session was deleted', example: 'session42' }),
    event: z.string().meta({ example: 'leased' }),
    detail: z.string().nullable().meta({ example: null }),
    holder: z.string().nullable().meta({ example: 'key:3' }),
    holder_name: HOLDER_NAME,
  }),
);

export const upcomingAnswer = z.array(
  z
    .object({
      session_id: z.int().meta({ example: 42 }),
      session_name: z.string().meta({ example: 'session42' }),
      state: z.enum(['free', 'leased', 'cooldown', 'flood', 'used_up']).meta({
        description:
          '`free`: it waits for one `method` only; `leased`: its lease expires unless it is renewed; `used_up`: it has had all its leases of the day',
      }),
      reason: z.string().nullable().meta({ example: 'flood wait of 3600 s' }),
      method: z
        .string()
        .nullable()
        .meta({ description: 'The method that is flooded; null: the whole session', example: null }),
      until: moment.meta({ description: 'When that ends at the latest' }),
      seconds: z.int().meta({ description: 'In how many seconds, rounded up', example: 3600 }),
    })
    .meta({ id: 'Upcoming' }),
);

export const waitingAnswer = z
  .object({
    here: z.int().meta({ description: 'At the replica that answers', example: 1 }),
    elsewhere: z.int().meta({ description: 'At the other replicas', example: 0 }),
    requests: z.array(
      z.object({
        holder: z.string().meta({ description: 'The key that asks', example: 'key:3' }),
        holder_name: z.string().nullable().meta({ description: "The key's name", example: 'scrapers' }),
        address: z.string().nullable().meta({ description: "The client's address", example: '10.0.0.7' }),
        since: moment,
        until: moment.meta({ description: 'When it gives up' }),
        tags: z.array(z.string()).meta({ description: 'The session has all of them', example: ['eu'] }),
        session_id: z.int().nullable().meta({ description: 'Only this session', example: null }),
        session_name: z.string().nullable().meta({ description: 'Only this session', example: null }),
        method: z.string().nullable().meta({
          description: 'The Telegram method that it is wanted for',
          example: 'messages.gethistory',
        }),
      }),
    ),
  })
  .meta({ id: 'WaitingRequests' });

const counted = z.int().nullable();

export const statusHistoryAnswer = z
  .object({
    from: moment,
    to: moment,
    step: z.int().meta({ description: 'The length of a step, in seconds', example: 60 }),
    points: z.array(
      z.object({
        at: moment.meta({ description: 'When the step began' }),
        free: counted.meta({
          description: 'The sessions at the end of the step, or their mean; null: unknown',
          example: 70,
        }),
        in_use: counted.meta({ example: 25 }),
        in_floodwait: counted.meta({ example: 4 }),
        unavailable: counted.meta({ example: 1 }),
        waiting: counted.meta({ description: 'Waiting requests', example: 0 }),
        leases: z.int().meta({ description: 'How many leases began within the step', example: 12 }),
        releases: z.int().meta({ example: 11 }),
        floods: z
          .int()
          .meta({ description: 'Flood waits, of whole sessions and of single methods', example: 1 }),
        granted: z.int().meta({ description: 'Requests for a session that got one', example: 12 }),
        refused: z.int().meta({ description: 'Requests for a session that got none', example: 0 }),
        mean_wait_seconds: z
          .number()
          .nullable()
          .meta({ description: 'Of those granted; null: there were none', example: 0.02 }),
        longest_wait_seconds: z.number().meta({ example: 0.4 }),
      }),
    ),
  })
  .meta({ id: 'StatusHistory' });
