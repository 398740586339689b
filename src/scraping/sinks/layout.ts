import type { Checkpoint } from '../../runs/store.js';
import { SinkFailed } from './failures.js';
import type { StoringSource } from './sink.js';

/*
 * Below the root of any target, a source stores:
 *
 *   <directory>/.telegate-source                      whose directory it is
 *   <directory>/messages/<YYYY-MM>.jsonl              the messages of a month
 *   <directory>/files/<YYYY-MM>/<message id>_<name>   the files of messages
 */

/** The source's directory, relative to its target's root. */
export function directoryOf(source: StoringSource): string {
  return source.targetPath ?? `source-${source.id}`;
}

const MONTH_FILE = /^(\d{4}-\d{2})\.jsonl$/;

/** The month of a message's date (seconds since 1970) in UTC, as `YYYY-MM`: months sort as their texts do. */
export function monthOf(date: number): string {
  return new Date(date * 1000).toISOString().slice(0, 7);
}

/** The file of a month's messages, relative to the target's root. */
export function monthPath(directory: string, month: string): string {
  return `${directory}/messages/${month}.jsonl`;
}

/** The month of a file of messages, by its path or name; null: it is no such file. */
export function monthIn(path: string): string | null {
  return MONTH_FILE.exec(path.slice(path.lastIndexOf('/') + 1))?.[1] ?? null;
}

/** The path of a message's file, relative to the target's root. */
export function filePath(directory: string, month: string, messageId: number, name: string): string {
  return `${directory}/files/${month}/${messageId}_${name}`;
}

const TEMPORARY = '.part-';

/** The name of a file that is still being received: hidden, and removed when its sink is opened next. */
export function temporaryName(id: string): string {
  return `${TEMPORARY}${id}`;
}

/** Whether a file was left unfinished by an interrupted run. */
export function isTemporary(name: string): boolean {
  return name.startsWith(TEMPORARY);
}

/** Names the owner of a directory: two sources in one directory would overwrite each other's months. */
export const OWNER_FILE = '.telegate-source';

/** The content of a source's owner file. Another database has the same ids, but not the same creation times. */
export function ownerText(source: StoringSource): string {
  return `source ${source.id}, created ${source.createdAt}\n`;
}

/**
 * @throws SinkFailed where the owner file that was found names another source. An empty one was left by an
 * interrupted run, and names nobody.
 */
export function ensureOwner(source: StoringSource, directory: string, found: string): void {
  if (found === '' || found === ownerText(source)) return;
  const owner = /^source (\d+), /.exec(found)?.[1];
  const who = owner === undefined ? 'something else' : `a source with the id ${owner}`;
  const remedy = `give this one another target_path, or move that directory away`;
  throw new SinkFailed(source.target, directory, `${who} has stored there: ${remedy}`);
}

const MESSAGE_FILE = /^(\d{1,19})_/;

/** Whether a file of messages is of a later month than the checkpoint's: nothing in it was ever recorded. */
export function isUnrecordedMonth(path: string, checkpoint: Checkpoint): boolean {
  const month = monthIn(path);
  if (month === null) return false;
  if (checkpoint.monthPath === null) return true;
  return month > (monthIn(checkpoint.monthPath) ?? month);
}

/** Whether a stored file, by its name, belongs to a message beyond the checkpoint. */
export function isUnrecordedFile(name: string, { lastMessageId }: Checkpoint): boolean {
  return Number(MESSAGE_FILE.exec(name)?.[1] ?? 0) > lastMessageId;
}

/**
 * The first month that may hold files beyond the checkpoint; empty: any month. It is the one before the checkpoint's,
 * since the dates of successive messages may step back over the edge of a month.
 */
export function firstUnrecordedMonth({ monthPath: path }: Checkpoint): string {
  const month = path === null ? null : monthIn(path);
  return month === null ? '' : monthOf(Date.parse(`${month}-01T00:00:00Z`) / 1000 - 1);
}
