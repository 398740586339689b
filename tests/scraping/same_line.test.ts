import { describe, expect, it } from '@jest/globals';
import { Api } from 'telegram/tl/index.js';
import { long } from '../../sandbox/tl/values.js';
import { messageLine } from '../../src/scraping/message_line.js';
import { toMessages } from '../../src/telegram/gramjs/messages.js';

const CHANNEL = { id: '5', title: 'News', username: 'news' };

/** What Telegram tells only one account of a message, or tells each account differently. */
interface Seen {
  readonly mine: boolean;
  readonly hash: bigint;
  readonly reference: string;
}

function document({ hash, reference }: Seen): Api.MessageMediaDocument {
  const attributes = [new Api.DocumentAttributeFilename({ fileName: 'a.pdf' })];
  const fileReference = Buffer.from(reference);
  return new Api.MessageMediaDocument({
    document: new Api.Document({
      ...{ id: long(9n), accessHash: long(hash), fileReference, date: 1, mimeType: 'application/pdf' },
      ...{ size: long(7n), dcId: 2, attributes },
    }),
  });
}

function poll({ mine }: Seen): Api.MessageMediaPoll {
  const question = new Api.TextWithEntities({ text: 'Why?', entities: [] });
  const option = Buffer.from('0');
  const answers = [new Api.PollAnswer({ text: question, option })];
  // Who has not voted sees no results but how many have.
  const results = mine
    ? { results: [new Api.PollAnswerVoters({ option, voters: 3, chosen: true })] }
    : { min: true };
  return new Api.MessageMediaPoll({
    poll: new Api.Poll({ id: long(1n), question, answers }),
    results: new Api.PollResults({ totalVoters: 3, ...results }),
  });
}

function message(seen: Seen, media: Api.TypeMessageMedia): Api.Message {
  const { mine } = seen;
  const reaction = new Api.ReactionEmoji({ emoticon: '👍' });
  const counted = new Api.ReactionCount({ reaction, count: 4, ...(mine && { chosenOrder: 0 }) });
  return new Api.Message({
    ...{ id: 3, date: 1_700_000_000, peerId: new Api.PeerChannel({ channelId: long(5n) }), message: 'hello' },
    ...{
      out: mine,
      mentioned: mine,
      mediaUnread: mine,
      silent: false,
      fromScheduled: mine,
      views: 10,
      media,
    },
    reactions: new Api.MessageReactions({ results: [counted], canSeeList: mine, min: !mine }),
  });
}

describe('the line of a message', () => {
  it.each([
    ['a document', document],
    ['a poll', poll],
  ])('is the same whichever account read it, with %s', (_what, media) => {
    const [mine, other] = [
      { mine: true, hash: 1n, reference: 'one' },
      { mine: false, hash: -2n, reference: 'other' },
    ].map((seen) => toMessages(message(seen, media(seen))).map((one) => messageLine(one, CHANNEL, null)));
    expect(mine).toHaveLength(1);
    expect(other).toEqual(mine);
  });
});
