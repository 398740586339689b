import { execFileSync, spawnSync } from 'node:child_process';
import { describe } from '@jest/globals';

/** `describe`, or `describe.skip` and one line of output if the program is not installed. */
export function describeWith(
  program: string,
  version: string,
  what: string,
): typeof describe | typeof describe.skip {
  try {
    execFileSync(program, [version], { stdio: 'ignore' });
    return describe;
  } catch {
    process.stderr.write(`${program} is not installed (${what}): its tests are skipped.\n`);
    return describe.skip;
  }
}

/** What a program said, and whether it was content. */
export interface Said {
  readonly ok: boolean;
  readonly said: string;
}

export function said(program: string, ...args: readonly string[]): Said {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 25_000 });
  return { ok: status === 0, said: `${stdout}${stderr}` };
}
