import { Api } from 'telegram/tl/index.js';
import { botId } from '../world/accounts.js';
import { ensureApplication } from './application.js';
import { logIn } from './auth.js';
import { type Call, method } from './call.js';
import { RpcError } from './error_codes.js';

/** Logging bots in (core.telegram.org/api/bots). What they may not call says so itself. */
export const botMethods = [
  method(Api.auth.ImportBotAuthorization, importBotAuthorization, {
    phones: ({ botAuthToken }) => [botId(botAuthToken)],
  }),
];

function importBotAuthorization(
  request: Api.auth.ImportBotAuthorization,
  call: Call,
): Api.auth.Authorization {
  const { backend, dcId } = call;
  ensureApplication(request, backend);
  const bot = backend.world.bot(request.botAuthToken);
  if (bot === null) throw new RpcError('ACCESS_TOKEN_INVALID');
  if (bot.dcId !== dcId) throw new RpcError(`USER_MIGRATE_${bot.dcId}`);
  return logIn(call, bot);
}
