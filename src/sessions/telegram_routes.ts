import { z } from 'zod';
import { exactJson } from '../http/exact_json.js';
import { flag, telegramId } from '../http/parameters.js';
import { defineRoute, type ResponseSpec, type Route } from '../http/route.js';
import type { Channel } from '../telegram/gateway.js';
import type { SessionChannels } from './channels.js';
import type { SessionChecks } from './checks.js';
import { auditOfSession, OF_SESSION, SESSION_NOT_FOUND, sessionParams } from './routes.js';

export interface SessionTelegramParts {
  readonly checks: SessionChecks;
  readonly channels: SessionChannels;
}

const TELEGRAM: Readonly<Record<number, ResponseSpec>> = {
  409: { description: '`session_in_use`: a worker has it, or `session_unavailable`' },
  429: { description: 'Flooded: see Retry-After' },
  502: { description: 'Telegram cannot be reached, or answered with an error' },
  504: { description: 'Telegram did not answer in time' },
};

/** `/sessions/{id}/…`: what Telegram says about a session. */
export function sessionTelegramRoutes(parts: SessionTelegramParts): Route[] {
  return [test(parts), channels(parts)];
}

function test({ checks }: SessionTelegramParts): Route {
  return defineRoute({
    method: 'post',
    path: '/sessions/:id/test',
    tag: 'Sessions',
    summary: 'Ask Telegram whether a session is valid',
    description:
      'Leases it for a moment. A session that Telegram no longer accepts leaves the pool, with the reason. One whose account is frozen is valid, but it can only read: its `status` is `frozen`.',
    access: [],
    params: sessionParams,
    session: OF_SESSION,
    audit: auditOfSession('session.test'),
    responses: {
      200: {
        description: "Telegram's answer",
        schema: z.object({
          session_id: z.int(),
          is_valid: z.boolean(),
          status: z.string().meta({
            description: '`active`, `limited` or `frozen`; of a session that is not valid, why: `dead`, …',
          }),
          error: z.string().nullable(),
        }),
      },
      ...SESSION_NOT_FOUND,
      ...TELEGRAM,
    },
    async handle({ params: { id } }) {
      const { isValid, status, error } = await checks.check(id);
      return { body: { session_id: id, is_valid: isValid, status, error } };
    },
  });
}

const channelAnswer = z
  .object({
    id: telegramId,
    username: z.string().nullable(),
    title: z.string(),
    participants_count: z.int().nullable(),
    is_broadcast: z.boolean(),
    is_megagroup: z.boolean(),
    is_private: z.boolean(),
    access_hash: telegramId.nullable(),
    description: z.string().nullable(),
  })
  .meta({ id: 'Channel' });

function channels({ channels }: SessionTelegramParts): Route {
  return defineRoute({
    method: 'get',
    path: '/sessions/:id/channels',
    tag: 'Sessions',
    summary: 'The channels and groups of a session',
    description: 'Cached for 10 minutes. An `access_hash` is valid for this session only.',
    access: [],
    params: sessionParams,
    session: OF_SESSION,
    input: z.object({
      refresh: flag.default(false).meta({ description: 'Ask Telegram, whatever is cached' }),
    }),
    responses: {
      200: { description: 'Channels and groups', schema: z.array(channelAnswer) },
      ...SESSION_NOT_FOUND,
      ...TELEGRAM,
    },
    async handle({ params: { id }, input: { refresh } }) {
      return { body: exactJson((await channels.of(id, refresh)).map(serializeChannel)) };
    },
  });
}

function serializeChannel(channel: Channel) {
  return {
    id: BigInt(channel.id),
    username: channel.username,
    title: channel.title,
    participants_count: channel.participantsCount,
    is_broadcast: channel.isBroadcast,
    is_megagroup: channel.isMegagroup,
    is_private: channel.username === null,
    access_hash: channel.accessHash === null ? null : BigInt(channel.accessHash),
    description: channel.description,
  };
}
