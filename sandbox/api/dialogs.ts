import { Api } from 'telegram/tl/index.js';
import { exact, long } from '../tl/values.js';
import { type Post, ptsOf } from '../world/feed.js';
import { tlChannel, tlMessage, tlUser } from '../world/tl_objects.js';
import type { Channel } from '../world/world.js';
import { type Call, method } from './call.js';

/** The list of chats, and the state of updates, which never change. */
export const dialogMethods = [
  method(Api.messages.GetDialogs, getDialogs, { refusesBots: true }),
  method(Api.messages.GetPinnedDialogs, (_request, call) => pinned(call), { refusesBots: true }),
  method(Api.updates.GetState, (_request, call) => state(call)),
  method(Api.updates.GetDifference, (_request, call) => {
    const { date, seq } = state(call);
    return new Api.updates.DifferenceEmpty({ date, seq });
  }),
];

interface Entry {
  readonly channel: Channel;
  readonly top: Post;
}

const MAX_PAGE = 100;
const ARCHIVE = 1;

function getDialogs(request: Api.messages.GetDialogs, call: Call): Api.messages.TypeDialogs {
  const all = request.folderId === ARCHIVE ? [] : entries(call);
  const rest = all.filter((entry) => isAfter(entry, request));
  const limit = Math.min(request.limit <= 0 ? MAX_PAGE : request.limit, MAX_PAGE);
  const shown = rest.slice(0, limit);
  const { account } = call;
  const found = {
    dialogs: shown.map(dialog),
    messages: shown.map(({ channel, top }) => tlMessage(top, channel, account)),
    chats: shown.map(({ channel }) => tlChannel(channel, account)),
    users: [tlUser(account, account)],
  };
  return shown.length === all.length
    ? new Api.messages.Dialogs(found)
    : new Api.messages.DialogsSlice({ ...found, count: all.length });
}

/** Newest message first; with the same time, the higher channel id first. */
function entries({ backend, account }: Call): Entry[] {
  const found = backend.world.channelsOf(account).flatMap((channel) => {
    const top = channel.feed.post(newestId(channel));
    return top === null ? [] : [{ channel, top }];
  });
  return found.sort((a, b) => b.top.date - a.top.date || (a.channel.id < b.channel.id ? 1 : -1));
}

function newestId({ feed }: Channel): number {
  let id = feed.lastId;
  while (id > 1 && feed.post(id) === null) id -= 1;
  return id;
}

/** Whether it comes after the offset, the last dialog of the page before (core.telegram.org/api/offsets). */
function isAfter({ channel, top }: Entry, request: Api.messages.GetDialogs): boolean {
  const { offsetDate, offsetPeer } = request;
  if (offsetDate === 0 || top.date < offsetDate) return true;
  if (top.date > offsetDate || !(offsetPeer instanceof Api.InputPeerChannel)) return false;
  return channel.id < exact(offsetPeer.channelId);
}

function dialog({ channel, top }: Entry): Api.Dialog {
  return new Api.Dialog({
    peer: new Api.PeerChannel({ channelId: long(channel.id) }),
    topMessage: top.id,
    readInboxMaxId: top.id,
    readOutboxMaxId: 0,
    unreadCount: 0,
    unreadMentionsCount: 0,
    unreadReactionsCount: 0,
    notifySettings: new Api.PeerNotifySettings({}),
    pts: ptsOf(channel.feed),
  });
}

function pinned(call: Call): Api.messages.PeerDialogs {
  const users = [tlUser(call.account, call.account)];
  return new Api.messages.PeerDialogs({ dialogs: [], messages: [], chats: [], users, state: state(call) });
}

function state({ backend, account }: Call): Api.updates.State {
  const date = Math.floor(backend.time() / 1000);
  // Without a logged-in account there is no state: the getter throws.
  void account;
  return new Api.updates.State({ pts: 1, qts: 0, date, seq: 1, unreadCount: 0 });
}
