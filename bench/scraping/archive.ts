import { createHash } from 'node:crypto';
import { fileBytes, type StoredFile } from '../../sandbox/world/files.js';
import { World } from '../../sandbox/world/world.js';
import { ARCHIVE, benchSeed } from './world.js';

/** A message that must be stored. */
export interface ExpectedMessage {
  readonly id: number;
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly text: string;
  readonly file: ExpectedFile | null;
}

export interface ExpectedFile {
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** The contents of a channel, according to the sandbox. */
export interface Expected {
  /** Oldest first. */
  readonly messages: readonly ExpectedMessage[];
  readonly files: number;
  readonly bytes: number;
}

const known = new Map<string, Expected>();

/** The archive, according to the sandbox. */
export function archive(): Expected {
  return contentsOf(ARCHIVE);
}

/** The contents of a channel: computed once, which takes seconds for the archive. */
export function contentsOf(username: string): Expected {
  const contents = known.get(username) ?? listed(username);
  known.set(username, contents);
  return contents;
}

function listed(name: string): Expected {
  const channel = new World(benchSeed).channels.find(({ username }) => username === name);
  if (channel === undefined) throw new Error(`the sandbox has no @${name}`);
  const messages: ExpectedMessage[] = [];
  for (let id = 1; id <= channel.feed.lastId; id += 1) {
    const post = channel.feed.post(id);
    if (post === null) continue;
    const date = new Date(post.date * 1000).toISOString();
    messages.push({ id, date, text: post.text ?? '', file: post.file && expectedFile(post.file) });
  }
  const files = messages.flatMap(({ file }) => file ?? []);
  return { messages, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function expectedFile(file: StoredFile): ExpectedFile {
  const content = fileBytes(file, { offset: 0, length: file.size });
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}
