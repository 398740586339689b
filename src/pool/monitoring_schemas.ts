import { z } from 'zod';

const moment = z.iso.datetime();

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
