import { Api } from 'telegram/tl/index.js';
import type { AccountAccess, ConnectedAccount } from '../gateway.js';
import { channelList, resolveChannel } from './channels.js';
import { download } from './download.js';
import { history, messagesAfter } from './history.js';
import type { Lines } from './lines.js';
import { MediaLines } from './media_lines.js';
import { presentAccount } from './user.js';

/** Connects as the account. Rejects with TelegramUnreachable or TelegramTimeout. */
export async function connectAccount(
  lines: Lines,
  { key }: Pick<AccountAccess, 'key'>,
): Promise<ConnectedAccount> {
  const connection = await lines.open(key, key.authKey);
  const mediaLines = new MediaLines(lines, connection);
  return {
    async whoAmI() {
      const [user] = await connection.call(new Api.users.GetUsers({ id: [new Api.InputUserSelf()] }));
      return presentAccount(user, 'users.getUsers');
    },
    channels: () => channelList(connection, lines.work.isHalfOver),
    resolve: (username) => resolveChannel(connection, username),
    history: (peer, page) => history(connection, peer, page),
    messagesAfter: (peer, afterId, limit) => messagesAfter(connection, peer, afterId, limit),
    download: (file, offset) => download(mediaLines, file, offset),
    async logOut() {
      await connection.call(new Api.auth.LogOut());
    },
  };
}
