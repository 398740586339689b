import { z } from 'zod';
import { defineRoute, type Route } from '../http/route.js';
import { InvalidInput } from '../kernel/errors.js';
import type { ChannelCheck } from './channel_check.js';
import * as schemas from './schemas.js';
import type { SourceService } from './service.js';
import { channelOf } from './source_input.js';
import { identifierOf } from './source_settings.js';

export interface ChannelCheckRouteParts {
  readonly service: Pick<SourceService, 'checkChannel'>;
}

const checkAnswer = z
  .object({
    exists: z.boolean().nullable().meta({ description: 'null: it cannot be said now, see `reason`' }),
    identifier: z
      .string()
      .meta({ description: 'The channel as a source names it', example: '@euronews_eng' }),
    reason: z.string().nullable().meta({ example: null }),
    channel: z
      .object({ title: z.string(), username: z.string().nullable(), is_private: z.boolean() })
      .nullable()
      .meta({ example: { title: 'Euronews', username: 'euronews_eng', is_private: false } }),
  })
  .meta({ id: 'ChannelCheck' });

/** `POST /sources/check`: whether a channel exists. */
export function channelCheckRoute({ service }: ChannelCheckRouteParts): Route {
  return defineRoute({
    method: 'post',
    path: '/sources/check',
    tag: 'Sources',
    summary: 'Ask Telegram whether a channel exists',
    description: 'With the session that shall read it, or with any free one. Nothing is saved.',
    access: [],
    from: 'body',
    input: schemas.checkInput,
    audit: { action: 'source.check' },
    responses: {
      200: { description: 'What Telegram says', schema: checkAnswer },
      400: { description: '`invalid_identifier`' },
      404: { description: 'Session not found' },
    },
    async handle({ input }) {
      const channel = channelOf(input);
      if (!channel)
        throw new InvalidInput([{ loc: ['body', 'identifier'], msg: 'Field required', type: 'missing' }]);
      const identifier = identifierOf(channel);
      const found = await service.checkChannel(identifier, input.session_id ?? null);
      return { body: serializeCheck(identifier, found), audit: null };
    },
  });
}

function serializeCheck(identifier: string, found: ChannelCheck): z.output<typeof checkAnswer> {
  if (found.kind !== 'found') {
    return {
      exists: found.kind === 'missing' ? false : null,
      identifier,
      reason: found.reason,
      channel: null,
    };
  }
  const { title, username } = found.channel;
  const channel = { title, username, is_private: username === null };
  return { exists: true, identifier, reason: null, channel };
}
