import { Api } from 'telegram/tl/index.js';
import type { BotLogin, ConnectedBot } from '../bots.js';
import type { AccountAccess, DcKey } from '../gateway.js';
import { messagesByIds } from './by_ids.js';
import { resolveChannel } from './channels.js';
import { download } from './download.js';
import { atHome } from './home.js';
import type { Lines } from './lines.js';
import { MediaLines } from './media_lines.js';

/** Logs a bot in, at whichever data centre is its own. Rejects as calls do. */
export function logInBot(
  lines: Lines,
  firstDc: number,
  { token: botAuthToken, application }: Pick<BotLogin, 'token' | 'application'>,
): Promise<DcKey> {
  const { apiId, apiHash } = application;
  return atHome(lines, firstDc, ['USER', 'PHONE', 'NETWORK'], async (connection) => {
    await connection.call(new Api.auth.ImportBotAuthorization({ flags: 0, apiId, apiHash, botAuthToken }));
    return connection.key;
  });
}

/** Connects as the bot. Rejects with TelegramUnreachable or TelegramTimeout. */
export async function connectBot(lines: Lines, { key }: Pick<AccountAccess, 'key'>): Promise<ConnectedBot> {
  const connection = await lines.open(key, key.authKey);
  const mediaLines = new MediaLines(lines, connection);
  return {
    resolve: (username) => resolveChannel(connection, username),
    messagesAfter: (peer, afterId, limit) => messagesByIds(connection, peer, afterId, limit),
    download: (file, offset) => download(mediaLines, file, offset),
  };
}
