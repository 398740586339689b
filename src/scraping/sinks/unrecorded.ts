import type { Checkpoint } from '../store.js';
import { monthIn, monthOf } from './month.js';

const FILE = /^(\d{1,19})_/;

/** Whether a file of messages is of a later month than the checkpoint's: nothing in it was ever recorded. */
export function isUnrecordedMonth(path: string, { monthPath }: Checkpoint): boolean {
  const month = monthIn(path);
  if (month === null) return false;
  return monthPath === null || month > (monthIn(monthPath) ?? month);
}

/** Whether a stored file, by its name, is of a message beyond the checkpoint. */
export function isUnrecordedFile(name: string, { lastMessageId }: Checkpoint): boolean {
  const messageId = FILE.exec(name)?.[1];
  return messageId !== undefined && Number(messageId) > lastMessageId;
}

/**
 * The first month in which files beyond the checkpoint may be; empty: any. It is the one before the checkpoint's,
 * since dates go back over a month's edge at times.
 */
export function firstUnrecordedMonth({ monthPath }: Checkpoint): string {
  const month = monthPath === null ? null : monthIn(monthPath);
  return month === null ? '' : monthOf(Date.parse(`${month}-01T00:00:00Z`) / 1000 - 1);
}
