import { contentsOf, type Expected } from '../scraping/archive.js';
import { HISTORIES } from '../scraping/world.js';

/** The channel that is read: all of it, or a smaller one. */
export interface History {
  readonly username: string;
  readonly expected: Expected;
}

/** The largest channel that has at most this share of the 200,000 messages. */
export function historyOf(share: number): History {
  const chosen =
    HISTORIES.find(({ messages }) => messages <= share * (HISTORIES[0]?.messages ?? 0)) ?? HISTORIES.at(-1);
  if (chosen === undefined) throw new Error('there is no history');
  return { username: chosen.username, expected: contentsOf(chosen.username) };
}
