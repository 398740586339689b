import type { Logger } from 'winston';
import { z } from 'zod';
import { defineRoute, type ResponseSpec, type Route } from '../http/route.js';
import type { SessionExports } from './exports.js';
import { auditOfSession, OF_SESSION, SESSION_NOT_FOUND, sessionParams } from './routes.js';
import type { SessionService } from './service.js';

export interface ExportRouteParts {
  readonly service: SessionService;
  readonly exports: SessionExports;
  readonly logger: Logger;
}

/** Telegram is asked whose session it is where that has to be said, and is not known. */
const ASKING: Readonly<Record<number, ResponseSpec>> = {
  429: { description: 'Flooded: see Retry-After' },
  502: { description: 'Telegram can not be reached, or answered with an error' },
  504: { description: 'Telegram did not answer in time' },
};

/** `/sessions/{id}/export`: a session, to be taken elsewhere. */
export function exportRoutes({ service, exports, logger }: ExportRouteParts): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/sessions/:id/export',
      tag: 'Sessions',
      summary: 'Take a session elsewhere',
      description: 'Whoever has it is the account: never use it in two places at once.',
      access: [],
      params: sessionParams,
      session: OF_SESSION,
      audit: auditOfSession('session.export'),
      input: z.object({
        format: z
          .enum(['telethon', 'gramjs', 'pyrogram', 'file'])
          .default('telethon')
          .meta({ description: 'A session string, or (`file`) a Telethon session file' }),
      }),
      responses: {
        200: {
          description: 'The session',
          schema: z.object({
            session_id: z.int(),
            session_name: z.string(),
            format: z.string(),
            session_string: z.string(),
          }),
        },
        409: { description: '`credentials_unreadable`; `user_id_unknown`: only Pyrogram strings hold it' },
        ...ASKING,
        ...SESSION_NOT_FOUND,
      },
      async handle({ params: { id }, input: { format }, key, res }) {
        const session = await service.session(id);
        const { requestId } = res.locals;
        logger.info('session exported', {
          request_id: requestId,
          session_id: id,
          format,
          holder: key.holder,
        });
        if (format !== 'file') {
          const session_string = await exports.string(session, format);
          return { body: { session_id: id, session_name: session.name, format, session_string } };
        }
        res.attachment(`${session.name.split('/').at(-1)}.session`);
        return {
          body: await exports.file(session),
          headers: { 'Content-Type': 'application/vnd.sqlite3' },
        };
      },
    }),
  ];
}
