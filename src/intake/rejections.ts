/** A file or directory that stands for no session though it looks as if it should, and why, in plain words. */
export interface Rejection {
  /** Relative to the sessions directory. */
  readonly file: string;
  readonly reason: string;
}

/** How many are kept; the rest are only counted. */
const maxKept = 1000;

/** What a scan refused: the first thousand, and how many in all. */
export class Rejections {
  readonly list: Rejection[] = [];
  total = 0;

  add(file: string, reason: string): void {
    this.total += 1;
    if (this.list.length < maxKept) this.list.push({ file, reason });
  }
}
