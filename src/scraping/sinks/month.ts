const FILE = /^(\d{4}-\d{2})\.jsonl$/;

/** The month of a message's date (seconds since 1970) in UTC, as `YYYY-MM`: months sort as their texts do. */
export function monthOf(date: number): string {
  return new Date(date * 1000).toISOString().slice(0, 7);
}

/** The file of a month's messages, relative to the target's root. */
export function monthPath(directory: string, month: string): string {
  return `${directory}/messages/${month}.jsonl`;
}

/** The month that a file of messages is of, by its path or name; null: it is none. */
export function monthIn(path: string): string | null {
  return FILE.exec(path.slice(path.lastIndexOf('/') + 1))?.[1] ?? null;
}

/** Where a file belongs, relative to the target's root. */
export function filePath(directory: string, month: string, messageId: number, name: string): string {
  return `${directory}/files/${month}/${messageId}_${name}`;
}
