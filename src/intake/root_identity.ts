import { access, constants, stat } from 'node:fs/promises';
import { systemCode } from './errors.js';

/** How long a file system may take to answer, in milliseconds. Of real time, because it is the disk's. */
const ANSWER_MS = 3000;

/** Which directory lies at a path now. */
export interface RootIdentity {
  /** `st_dev` in decimal. */
  readonly device: string;
  /** Another one whenever another directory, or another disk, lies there. */
  readonly identity: string;
}

/** Tells which directory lies at a path. */
export class RootProbe {
  readonly #path: string;
  #asking: Promise<RootIdentity | { readonly fault: string }> | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * The directory, or why it can't be listed, without its path. Never rejects, and takes no longer than 3 s,
   * also where a network file system hangs: that one is not asked again before it answers.
   */
  async look(): Promise<RootIdentity | { readonly fault: string }> {
    this.#asking ??= identify(this.#path).finally(() => {
      this.#asking = null;
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<{ readonly fault: string }>((resolve) => {
      timer = setTimeout(resolve, ANSWER_MS, { fault: 'it does not answer' }).unref();
    });
    try {
      return await Promise.race([this.#asking, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

async function identify(path: string): Promise<RootIdentity | { readonly fault: string }> {
  try {
    await access(path, constants.R_OK | constants.X_OK);
    const stats = await stat(path, { bigint: true });
    if (!stats.isDirectory()) return { fault: "it can't be read: ENOTDIR" };
    return { device: String(stats.dev), identity: `${stats.dev}:${stats.ino}` };
  } catch (error) {
    return { fault: `it can't be read: ${systemCode(error)}` };
  }
}
