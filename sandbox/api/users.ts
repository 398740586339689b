import { Api } from 'telegram/tl/index.js';
import { long } from '../tl/values.js';
import type { Account } from '../world/accounts.js';
import { tlChannel, tlUser } from '../world/tl_objects.js';
import type { Channel } from '../world/world.js';
import { type Call, method } from './call.js';
import { RpcError } from './errors.js';
import { userOf } from './peers.js';

/** Users, and the public names of users and channels. */
export const userMethods = [
  method(Api.users.GetUsers, getUsers),
  method(Api.users.GetFullUser, getFullUser),
  method(Api.contacts.ResolveUsername, resolveUsername),
];

/** The format of a username (core.telegram.org/method/contacts.resolveUsername); Telegram's own may be shorter. */
const username = /^[a-z][a-z0-9_]{2,31}$/i;

function getUsers({ id }: Api.users.GetUsers, call: Call): Api.TypeUser[] {
  const { account } = call;
  return id.flatMap((input) => {
    const user = userOf(input, call);
    return user === null ? [] : [tlUser(user, account)];
  });
}

function getFullUser({ id }: Api.users.GetFullUser, call: Call): Api.users.UserFull {
  const { account } = call;
  const user = userOf(id, call);
  if (user === null) throw new RpcError('USER_ID_INVALID');
  const fullUser = new Api.UserFull({
    id: long(user.id),
    ...(user.seed.about === undefined ? {} : { about: user.seed.about }),
    settings: new Api.PeerSettings({}),
    notifySettings: new Api.PeerNotifySettings({}),
    commonChatsCount: 0,
  });
  return new Api.users.UserFull({ fullUser, chats: [], users: [tlUser(user, account)] });
}

function resolveUsername(request: Api.contacts.ResolveUsername, call: Call): Api.contacts.ResolvedPeer {
  const { backend, account } = call;
  if (!username.test(request.username)) throw new RpcError('USERNAME_INVALID');
  const owner = backend.world.named(request.username);
  if (owner === null) throw new RpcError('USERNAME_NOT_OCCUPIED');
  return isChannel(owner)
    ? new Api.contacts.ResolvedPeer({
        peer: new Api.PeerChannel({ channelId: long(owner.id) }),
        chats: [tlChannel(owner, account)],
        users: [],
      })
    : new Api.contacts.ResolvedPeer({
        peer: new Api.PeerUser({ userId: long(owner.id) }),
        chats: [],
        users: [tlUser(owner, account)],
      });
}

function isChannel(owner: Account | Channel): owner is Channel {
  return 'feed' in owner;
}
