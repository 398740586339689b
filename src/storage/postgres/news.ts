import type { PoolNotice } from '../../pool/store.js';

/** What a transaction brought that others wait for. */
export interface News {
  /** Sessions that became free. */
  readonly freed: number;
  readonly notices: readonly PoolNotice[];
  /** The earliest deadline that it set, in milliseconds on the service's clock; Infinity: none. */
  readonly deadline: number;
}

/** News of the replica `from`, as they go through the server. */
export interface Message extends News {
  readonly from: string;
}

/** The channel that the replicas of one database listen to. */
export const CHANNEL = 'telegate';

/** What a notification holds, with room for what surrounds the notices, in UTF-16 units of ASCII. */
const MOST_LETTERS = 7_000;

/** That so many sessions became free. */
export function freedMessage(from: string, freed: number): string {
  return JSON.stringify({ from, freed });
}

/** The rest of the news, in as many messages as they take. A notice that fits into none is left out. */
export function messagesOf(from: string, { notices, deadline }: News): string[] {
  const pages: string[][] = [[]];
  let room = MOST_LETTERS;
  for (const notice of notices) {
    const text = ascii(JSON.stringify(notice));
    if (text.length > MOST_LETTERS) continue;
    if (text.length > room) {
      pages.push([]);
      room = MOST_LETTERS;
    }
    pages.at(-1)?.push(text);
    room -= text.length + 1;
  }
  const known = Number.isFinite(deadline) ? `,"deadline":${deadline}` : '';
  return pages.map((page) => `{"from":${JSON.stringify(from)}${known},"notices":[${page.join(',')}]}`);
}

/** The message, or null where it is none of ours. */
export function readMessage(payload: string): Message | null {
  try {
    const { from, freed = 0, notices = [], deadline } = JSON.parse(payload) as Partial<Message>;
    if (typeof from !== 'string') return null;
    return { from, freed, notices, deadline: deadline ?? Number.POSITIVE_INFINITY };
  } catch {
    return null;
  }
}

/** The server counts bytes. */
function ascii(json: string): string {
  return json.replace(
    /[\u0080-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
