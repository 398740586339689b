import type { ConnectedAccount, Peer } from '../telegram/gateway.js';
import type { MessagesAfter } from '../telegram/message.js';

/** As many as Telegram gives at once. */
const PAGE = 100;

/**
 * A channel's messages after `afterId`, oldest first, page by page; the next page is asked for while one is being
 * worked on. Ends where there are no more. Rejects as calls do.
 */
export async function* pagesAfter(
  account: Pick<ConnectedAccount, 'messagesAfter'>,
  peer: Peer,
  afterId: number,
): AsyncGenerator<MessagesAfter> {
  let at = afterId;
  let asked = account.messagesAfter(peer, at, PAGE);
  for (;;) {
    const page = await asked;
    if (page.lastId === at) return;
    at = page.lastId;
    asked = account.messagesAfter(peer, at, PAGE);
    // Whoever stops in between does not wait for it.
    asked.catch(() => undefined);
    yield page;
  }
}
