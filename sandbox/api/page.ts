import type { Feed, Post } from '../world/feed.js';

/** The requested part of a history (core.telegram.org/api/offsets). */
export interface PageRequest {
  readonly offsetId: number;
  /** Seconds since 1970; 0: none. */
  readonly offsetDate: number;
  readonly addOffset: number;
  readonly limit: number;
  readonly maxId: number;
  readonly minId: number;
}

const MAX_PAGE = 100;
const DEFAULT_PAGE = 20;

/**
 * The messages of one page, newest first. The page starts at the newest message older than `offsetId` (or
 * `offsetDate`), moved by `addOffset`: into the past, or, where negative, back over newer ones. Where there are
 * fewer newer ones, the page has so many fewer messages: Telethon's `reverse` relies on it. Those outside
 * `minId` and `maxId`, both exclusive, are left out of what the page would have been.
 */
export function pageOf(feed: Feed, request: PageRequest): Post[] {
  const { id: first, beyond } = start(feed, request);
  const limit = Math.min(request.limit <= 0 ? DEFAULT_PAGE : request.limit, MAX_PAGE) - beyond;
  const posts: Post[] = [];
  for (let id = first; id >= 1 && posts.length < limit; id--) {
    // The rest is even older.
    if (request.minId > 0 && id <= request.minId) break;
    const post = feed.post(id);
    if (post !== null) posts.push(post);
  }
  return posts.filter(({ id }) => request.maxId <= 0 || id < request.maxId);
}

/** Where a page starts; `beyond`: how many places before the newest message that is. */
interface Start {
  readonly id: number;
  readonly beyond: number;
}

function start(feed: Feed, { offsetId, offsetDate, addOffset }: PageRequest): Start {
  let id = offsetId > 0 ? Math.min(offsetId - 1, feed.lastId) : feed.lastId;
  if (offsetId <= 0 && offsetDate > 0) id = newestUntil(feed, offsetDate);
  return addOffset > 0 ? { id: older(feed, id, addOffset), beyond: 0 } : newer(feed, id, -addOffset);
}

/** The dates of a feed grow with its ids, so a binary search finds the boundary. */
function newestUntil(feed: Feed, date: number): number {
  let low = 0;
  let high = feed.lastId;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const at = existing(feed, middle);
    if (at === null || at.date < date) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The message `id`, or the one before it. */
function existing(feed: Feed, id: number): Post | null {
  for (let at = id; at >= 1; at--) {
    const post = feed.post(at);
    if (post !== null) return post;
  }
  return null;
}

function older(feed: Feed, from: number, count: number): number {
  let id = from;
  for (let left = count; id >= 1 && left > 0; id--) if (feed.post(id) !== null) left -= 1;
  return id;
}

function newer(feed: Feed, from: number, count: number): Start {
  let id = from;
  let left = count;
  while (id < feed.lastId && left > 0) {
    id += 1;
    if (feed.post(id) !== null) left -= 1;
  }
  return { id, beyond: left };
}
